// Proves the packages as their users get them: packs each, installs the tarballs into fresh projects outside the
// workspace, loads every entry by `import` and by `require`, type-checks scripts/consumers/<package>.ts against the
// shipped declarations on old and new TypeScript, and runs the first snippet of the README, word for word, over each
// adapter on a real server. Needs a build first: `pnpm check:consumers` does both.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "@rk/testing";

const TYPESCRIPT = ["5.4.5", "5.9.3", "6.0.3"];
/** Bundlers' resolution reads the declarations of `import` again, so one compiler is enough for it. */
const TYPE_CHECKS = [...TYPESCRIPT.map((version) => [version, "nodenext"]), [TYPESCRIPT[0], "bundler"]];
/** What a user of the package installs beside it, for some of its entries. Everything else must come with the package. */
const PEERS = { "@rk/cache": ["msgpackr"], "@rk/structures": ["express-session", "@types/express-session"] };
/** Each adapter's client. */
const DRIVERS = { "@rk/ioredis": ["ioredis"], "@rk/node-redis": ["redis"] };

/** Programs that run a snippet need it to take away the types. */
const RUNNER = "tsx";

const root = new URL("..", import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), "rk-consumers-"));
let failed = 0;

/** Runs a program; on failure prints what it said, counts it, and returns false. */
function passes(what, program, args, cwd, env = process.env) {
	try {
		execFileSync(program, args, { cwd, env, stdio: "pipe", encoding: "utf8", timeout: 300_000 });
		console.log(`ok      ${what}`);
		return true;
	} catch (error) {
		failed += 1;
		console.log(`FAILED  ${what}\n${error.stdout}${error.stderr}`);
		return false;
	}
}

function run(program, args, cwd) {
	return execFileSync(program, args, { cwd, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });
}

const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));
const write = (folder, files) => {
	mkdirSync(folder, { recursive: true });
	for (const [name, text] of Object.entries(files)) {
		writeFileSync(join(folder, name), typeof text === "string" ? text : JSON.stringify(text));
	}
};

/** The version of a third-party package that the workspace's catalog pins. */
function pinned(name) {
	const catalog = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8");
	const line = new RegExp(`^ {2}"?${name}"?: (\\S+)$`, "m").exec(catalog);
	if (!line) throw new Error(`${name} is not in the catalog`);
	return line[1];
}

function packAll() {
	const packed = new Map();
	for (const folder of readdirSync(join(root, "packages"))) {
		const directory = join(root, "packages", folder);
		const manifest = readJson(join(directory, "package.json"));
		if (manifest.private) continue;
		run("pnpm", ["pack", "--pack-destination", scratch], directory);
		const tarball = `${manifest.name.replace("@", "").replace("/", "-")}-${manifest.version}.tgz`;
		packed.set(manifest.name, { folder, manifest, tarball: join(scratch, tarball) });
	}
	return packed;
}

/** The tarball of `name` and those of the packages it depends on, however deep. */
function withDependencies(name, packed, found = new Map()) {
	const { manifest, tarball } = packed.get(name);
	found.set(name, tarball);
	for (const dependency of Object.keys(manifest.dependencies ?? {})) {
		if (packed.has(dependency) && !found.has(dependency)) withDependencies(dependency, packed, found);
	}
	return found;
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

/** Installs them once for all the projects; gives the path of the `tsc` of a version. */
function installTypeScripts() {
	const folder = join(scratch, "typescript");
	write(folder, { "package.json": { private: true } });
	const aliases = TYPESCRIPT.map((version) => `typescript-${version}@npm:typescript@${version}`);
	run("npm", ["install", "--no-audit", "--no-fund", ...aliases], folder);
	return (version) => join(folder, "node_modules", `typescript-${version}`, "bin", "tsc");
}

function checkPackage(name, packed, compiler) {
	const { folder, manifest } = packed.get(name);
	const project = join(scratch, folder);
	const consumer = readFileSync(join(root, "scripts", "consumers", `${folder}.ts`), "utf8");
	const entries = Object.keys(manifest.exports)
		.filter((path) => path !== "./package.json")
		.map((path) => name + path.slice(1));
	write(project, {
		"package.json": { private: true },
		"load.mjs": load(entries),
		"consumer.mts": consumer,
		"consumer.cts": consumer,
		...TSCONFIGS,
	});
	const tarballs = [...withDependencies(name, packed).values()];
	const beside = [...(DRIVERS[name] ?? []), ...(PEERS[name] ?? []), "@types/node"].map(
		(driver) => `${driver}@${pinned(driver)}`,
	);
	const install = ["install", "--no-audit", "--no-fund", ...tarballs, ...beside];
	if (!passes(`${name} installs`, "npm", install, project)) return;
	passes(`${name} loads by import and require`, process.execPath, ["load.mjs"], project);
	for (const [version, resolution] of TYPE_CHECKS) {
		const args = [compiler(version), "--project", `tsconfig.${resolution}.json`];
		passes(`${name} type-checks on TypeScript ${version}, ${resolution}`, process.execPath, args, project);
	}
}

/** The first snippet of a README as it stands, and with the other adapter where it names one: "nothing else changes". */
function snippetsOf(name, path) {
	const readme = readFileSync(join(root, path, "README.md"), "utf8");
	const [, snippet] = /^```ts\n(.*?)^```$/ms.exec(readme) ?? [];
	if (snippet === undefined) throw new Error(`the README of ${name} has no snippet`);
	const adapter = Object.keys(DRIVERS).find((adapter) => snippet.includes(`from "${adapter}"`));
	if (adapter === undefined) return new Map([["no adapter", snippet]]);
	if (adapter === name) return new Map([[name, snippet]]);
	return new Map(Object.keys(DRIVERS).map((other) => [other, snippet.replace(`"${adapter}"`, `"${other}"`)]));
}

/** Runs the first snippet of the README at `path` in the project `folder`, where those packages are installed beside its adapters. */
function checkSnippets(name, path, folder, beside, packed, redisUrl) {
	const project = join(scratch, folder);
	const snippets = snippetsOf(name, path);
	const adapters = [...snippets.keys()].filter((adapter) => packed.has(adapter));
	const tarballs = new Set(
		[...beside, ...adapters].flatMap((each) => [...withDependencies(each, packed).values()]),
	);
	const others = [RUNNER, ...adapters.flatMap((adapter) => DRIVERS[adapter])];
	const install = [
		...["install", "--no-audit", "--no-fund", ...tarballs],
		...others.map((other) => `${other}@${pinned(other)}`),
	];
	if (!passes(`${name} installs with ${adapters.join(" and ")}`, "npm", install, project)) return;
	for (const [adapter, snippet] of snippets) {
		write(project, { "snippet.mts": snippet });
		const env = { ...process.env, REDIS_URL: redisUrl };
		const args = ["--import", RUNNER, "snippet.mts"];
		passes(`the first snippet of ${name}, ${adapter}`, process.execPath, args, project, env);
	}
}

const server = await startServer({ owned: true });
try {
	const packed = packAll();
	const compiler = installTypeScripts();
	for (const name of packed.keys()) {
		checkPackage(name, packed, compiler);
		await server.command("FLUSHALL");
		const { folder } = packed.get(name);
		checkSnippets(name, join("packages", folder), folder, [name], packed, server.url);
	}
	write(join(scratch, "tour"), { "package.json": { private: true } });
	checkSnippets("the repository", ".", "tour", [...packed.keys()], packed, server.url);
} finally {
	await server.stop();
	rmSync(scratch, { recursive: true, force: true });
}
if (failed > 0) {
	console.log(`${failed} failed`);
	process.exitCode = 1;
}
