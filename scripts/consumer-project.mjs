// A fresh project outside the workspace that uses a package as its users do: what it installs beside it, `load.mjs`, which loads
// every entry by `import` and by `require`, and scripts/consumers/<package>.ts, to be type-checked on old and new TypeScript.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;

const TYPESCRIPT = ["5.4.5", "5.9.3", "6.0.3"];
/** Bundlers' resolution reads the declarations of `import` again, so one compiler is enough for it. */
export const TYPE_CHECKS = [
	...TYPESCRIPT.map((version) => [version, "nodenext"]),
	[TYPESCRIPT[0], "bundler"],
];
/** What a user of the package installs beside it, for some of its entries. Everything else must come with the package. */
const PEERS = { "@rk/cache": ["msgpackr"], "@rk/structures": ["express-session", "@types/express-session"] };

/** Writes files, text or JSON, into a folder that it makes if need be. */
export const write = (folder, files) => {
	mkdirSync(folder, { recursive: true });
	for (const [name, text] of Object.entries(files)) {
		writeFileSync(join(folder, name), typeof text === "string" ? text : JSON.stringify(text));
	}
};

/** The version of a third-party package that the workspace's catalog pins. */
export function pinned(name) {
	const catalog = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8");
	const line = new RegExp(`^ {2}"?${name}"?: (\\S+)$`, "m").exec(catalog);
	if (!line) throw new Error(`${name} is not in the catalog`);
	return line[1];
}

/**
 * Loads every entry both ways: the same names each way, and one value behind a name that two entries export
 * (else `instanceof` fails between an adapter and the application).
 */
const load = (entries) => `
const entries = ${JSON.stringify(entries)};
const { createRequire } = await import("node:module");
const require = createRequire(import.meta.url);
const names = (module) => Object.keys(module).filter((name) => name !== "default" && name !== "module.exports").sort();
for (const [way, get] of [["import", (entry) => import(entry)], ["require", (entry) => require(entry)]]) {
	const values = new Map();
	for (const entry of entries) {
		const module = await get(entry);
		if (names(module).length === 0) throw new Error(way + " of " + entry + " gives nothing");
		for (const name of names(module)) {
			if (values.has(name) && values.get(name) !== module[name]) {
				throw new Error(way + ": the entries of the package hold two copies of " + name);
			}
			values.set(name, module[name]);
		}
	}
}
for (const entry of entries) {
	const [imported, required] = [names(await import(entry)), names(require(entry))];
	if (imported.join() !== required.join()) {
		throw new Error(entry + ": import gives " + imported + " but require gives " + required);
	}
}
`;

const compilerOptions = {
	target: "ES2022",
	lib: ["ES2022"], // a server has no DOM
	types: ["node"],
	strict: true,
	exactOptionalPropertyTypes: true,
	skipLibCheck: false,
	noEmit: true,
};
const TSCONFIGS = {
	"tsconfig.nodenext.json": {
		compilerOptions: { ...compilerOptions, module: "NodeNext" },
		files: ["consumer.mts", "consumer.cts"],
	},
	"tsconfig.bundler.json": {
		compilerOptions: { ...compilerOptions, module: "ESNext", moduleResolution: "bundler" },
		files: ["consumer.mts"],
	},
};

/** Writes the project of the package whose folder and manifest these are. */
export function writeProject(project, folder, manifest) {
	const consumer = readFileSync(join(root, "scripts", "consumers", `${folder}.ts`), "utf8");
	const entries = Object.keys(manifest.exports)
		.filter((path) => path !== "./package.json")
		.map((path) => manifest.name + path.slice(1));
	write(project, {
		"package.json": { private: true },
		"load.mjs": load(entries),
		"consumer.mts": consumer,
		"consumer.cts": consumer,
		...TSCONFIGS,
	});
}

/** What is installed beside the package and its adapters' clients. */
export function besides(name) {
	return [...(PEERS[name] ?? []), "@types/node"].map((other) => `${other}@${pinned(other)}`);
}

/** Installs the compilers once, in that folder, for all projects; gives the path of the `tsc` of a version. */
export function installTypeScripts(folder, run) {
	write(folder, { "package.json": { private: true } });
	const aliases = TYPESCRIPT.map((version) => `typescript-${version}@npm:typescript@${version}`);
	run("npm", ["install", "--no-audit", "--no-fund", ...aliases], folder);
	return (version) => join(folder, "node_modules", `typescript-${version}`, "bin", "tsc");
}
