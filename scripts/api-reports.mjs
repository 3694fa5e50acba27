// Keeps the public declarations of each package in its api.d.ts, one section for each entry, so that a change of the API is
// seen in a review: `pnpm check:api` fails where they differ, `pnpm check:api --write` writes them. Needs a build first.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

const root = new URL("..", import.meta.url).pathname;
const write = process.argv.includes("--write");
let changed = 0;

/** What entries declare, by their names; what two of them share, which the build puts into files of its own, is told once. */
async function declarationsOf(entries) {
	const bundle = await rollup({
		input: entries,
		plugins: [dts()],
		external: (name) => !name.startsWith(".") && !name.startsWith("/"),
		onwarn: () => {},
	});
	const own = new Set(Object.values(entries));
	const { output } = await bundle.generate({
		format: "es",
		entryFileNames: "[name]",
		chunkFileNames: "[name]",
		minifyInternalExports: false,
		manualChunks: (id) => (own.has(id) ? undefined : "shared"),
	});
	await bundle.close();
	return new Map(output.map(({ fileName, code }) => [fileName, code]));
}

for (const folder of readdirSync(join(root, "packages"))) {
	const directory = join(root, "packages", folder);
	const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
	const sections = [
		"// Made by `pnpm check:api --write` from the build. Not published, not compiled: for reviews.\n",
	];
	const entries = {};
	for (const [entry, conditions] of Object.entries(manifest.exports)) {
		if (entry === "./package.json") continue;
		entries[manifest.name + entry.slice(1)] = join(directory, conditions.import.types);
	}
	const declarations = await declarationsOf(entries);
	for (const name of [...Object.keys(entries), "shared"])
		if (declarations.has(name)) sections.push(`// ${name}\n\n${declarations.get(name)}`);
	const report = sections.join("\n");
	const path = join(directory, "api.d.ts");
	if (existsSync(path) && readFileSync(path, "utf8") === report) continue;
	changed += 1;
	if (write) writeFileSync(path, report);
	console.log(`packages/${folder}/api.d.ts ${write ? "written" : "is not what the build declares"}`);
}
if (changed > 0 && !write) {
	console.log("See whether the change is meant, then: pnpm check:api --write");
	process.exitCode = 1;
}
