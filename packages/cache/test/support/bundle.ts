import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
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

/** A program for bare Node.js, which is removed when it is disposed of. */
export interface Program extends Disposable {
	readonly path: string;
}

const SOURCES = fileURLToPath(new URL("../../src/", import.meta.url));
/** Inside the package, so that a program in it finds the package's dependencies. */
const PLACE = fileURLToPath(new URL("../../.cache/", import.meta.url));
/** What a program finds when it runs; all else, which is rk's packages from their sources, goes into it. */
const IMPORTED = [
	...["ioredis", "ioredis-5", "redis", "lru-cache", "msgpackr"],
	...["@keyv/redis", "async-cache-dedupe", "bentocache", "bentocache/*", "cache-manager", "cacheable"],
	"layered-loader",
];

/** The file with the edit made. Throws where it does not apply, so that a mutation cannot outlive the code that it breaks. */
function edited(text: string, { file, replace, by }: Edit): string {
	const parts = text.split(replace);
	if (parts.length !== 2)
		throw new Error(`${JSON.stringify(replace)} stands ${parts.length - 1} times in ${file}, and must once`);
	return parts.join(by);
}

/** Makes one program of a worker, with edits made to the sources of this package. */
export async function bundle(entry: URL, edits: readonly Edit[] = []): Promise<Program> {
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
	mkdirSync(PLACE, { recursive: true });
	const directory = mkdtempSync(join(PLACE, "program-"));
	const program: Program = {
		path: join(directory, basename(entry.pathname).replace(/\.ts$/, ".mjs")),
		[Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
	};
	try {
		await build({
			...{ entryPoints: [fileURLToPath(entry)], outdir: directory, outExtension: { ".js": ".mjs" } },
			...{ bundle: true, splitting: true, format: "esm", platform: "node", target: "node20" },
			...{ conditions: ["@rk/source"], loader: { ".lua": "text" }, external: IMPORTED },
			...{ plugins: [mutate], logLevel: "silent" },
		});
		for (const { file } of edits)
			if (!applied.has(join(SOURCES, file))) throw new Error(`The worker does not use ${file}`);
	} catch (error) {
		program[Symbol.dispose]();
		throw error;
	}
	return program;
}
