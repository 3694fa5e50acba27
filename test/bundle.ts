import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

/** One change to one of a package's sources, which breaks what it promises. */
export interface Edit {
	/** Below the package's `src`. */
	readonly file: string;
	/** Stands exactly once in the file. */
	readonly replace: string;
	readonly by: string;
}

export interface Bundle {
	/** The program's first module. */
	readonly entry: URL;
	/** The `src/` of the package that is edited. */
	readonly sources: URL;
	/** What the program finds when it runs; all else, which is rk's packages from their sources, goes into it. */
	readonly imported: readonly string[];
	/** Where it is put: inside the package, so that it finds the package's dependencies. */
	readonly directory: string;
	readonly edits: readonly Edit[];
}

/** The file with the edit made. Throws where it does not apply, so that a mutation cannot outlive the code that it breaks. */
export function edited(text: string, { file, replace, by }: Edit): string {
	const parts = text.split(replace);
	if (parts.length !== 2)
		throw new Error(`${JSON.stringify(replace)} stands ${parts.length - 1} times in ${file}, and must once`);
	return parts.join(by);
}

/** Makes one program for bare Node.js, with edits made to a package's sources, and gives its path. */
export async function bundle({ entry, sources, imported, directory, edits }: Bundle): Promise<string> {
	const pathOf = ({ file }: Edit): string => join(fileURLToPath(sources), file);
	const applied = new Set<string>();
	const mutate: Plugin = {
		name: "mutate",
		setup({ onLoad }) {
			onLoad({ filter: /\.(ts|lua)$/ }, ({ path }) => {
				const own = edits.filter((edit) => pathOf(edit) === path);
				if (own.length === 0) return undefined;
				applied.add(path);
				const contents = own.reduce(edited, readFileSync(path, "utf8"));
				return { contents, loader: path.endsWith(".lua") ? "text" : "ts" };
			});
		},
	};
	await build({
		...{ entryPoints: [fileURLToPath(entry)], outdir: directory, outExtension: { ".js": ".mjs" } },
		...{ bundle: true, splitting: true, format: "esm", platform: "node", target: "node20" },
		...{ conditions: ["@rk/source"], loader: { ".lua": "text" }, external: [...imported] },
		...{ plugins: [mutate], logLevel: "silent" },
	});
	for (const edit of edits)
		if (!applied.has(pathOf(edit))) throw new Error(`The program does not use ${edit.file}`);
	return join(directory, basename(entry.pathname).replace(/\.ts$/, ".mjs"));
}
