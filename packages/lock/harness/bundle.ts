import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

/** One change to one of this package's sources, which breaks what it promises. */
export interface Edit {
	/** Below `src`. */
	readonly file: string;
	/** Stands exactly once in the file. */
	readonly replace: string;
	readonly by: string;
}

const SOURCES = fileURLToPath(new URL("../src/", import.meta.url));
/** What the worker finds when it runs; all else, rk's packages and what only they depend on, goes into it. */
const IMPORTED = [
	"ioredis",
	"redis",
	"redis-semaphore",
	"redlock",
	"redlock-universal",
	"simple-redis-mutex",
];

/** The file with the edit made. Throws where it does not apply, so that a mutation cannot outlive the code that it breaks. */
export function edited(text: string, { file, replace, by }: Edit): string {
	const parts = text.split(replace);
	if (parts.length !== 2)
		throw new Error(`${JSON.stringify(replace)} stands ${parts.length - 1} times in ${file}, and must once`);
	return parts.join(by);
}

/**
 * Makes the worker one program for bare Node.js, with edits made to the sources of this package, and gives its path.
 * Packages of rk go in from their sources.
 */
export async function bundleWorker(directory: string, edits: readonly Edit[] = []): Promise<string> {
	const applied = new Set<string>();
	const mutate: Plugin = {
		name: "mutate",
		setup({ onLoad }) {
			onLoad({ filter: /\.(ts|lua)$/ }, ({ path }) => {
				const own = edits.filter(({ file }) => join(SOURCES, file) === path);
				if (own.length === 0) return undefined;
				applied.add(path);
				const contents = own.reduce(edited, readFileSync(path, "utf8"));
				return { contents, loader: path.endsWith(".lua") ? "text" : "ts" };
			});
		},
	};
	await build({
		entryPoints: { worker: fileURLToPath(new URL("worker.ts", import.meta.url)) },
		...{ outdir: directory, outExtension: { ".js": ".mjs" }, bundle: true, splitting: true },
		...{ format: "esm", platform: "node", target: "node20", conditions: ["@rk/source"] },
		...{ loader: { ".lua": "text" }, external: IMPORTED, plugins: [mutate], logLevel: "silent" },
	});
	for (const { file } of edits)
		if (!applied.has(join(SOURCES, file))) throw new Error(`The worker does not use ${file}`);
	return join(directory, "worker.mjs");
}
