// Lets a bare Node.js import the workspace's sources: `.lua` files as their text, as the build and vitest do.
import { readFile } from "node:fs/promises";
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";

if (isMainThread && !import.meta.url.endsWith("?hooks")) register(`${import.meta.url}?hooks`);

export async function load(url, context, next) {
	if (!url.endsWith(".lua")) return next(url, context);
	const source = `export default ${JSON.stringify(await readFile(new URL(url), "utf8"))}`;
	return { format: "module", source, shortCircuit: true };
}
