// Proves the packages as their users get them: packs each, installs the tarballs into fresh projects outside the
// workspace, loads every entry by `import` and by `require`, type-checks scripts/consumers/<package>.ts against the
// shipped declarations on old and new TypeScript, and runs the first snippet of the README, word for word, over each
// adapter on a real server. Needs a build first: `pnpm check:consumers` does both.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "@rk/testing";
import {
	besides,
	installTypeScripts,
	pinned,
	TYPE_CHECKS,
	write,
	writeProject,
} from "./consumer-project.mjs";

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

function checkPackage(name, packed, compiler) {
	const { folder, manifest } = packed.get(name);
	const project = join(scratch, folder);
	writeProject(project, folder, manifest);
	const tarballs = [...withDependencies(name, packed).values()];
	const drivers = (DRIVERS[name] ?? []).map((driver) => `${driver}@${pinned(driver)}`);
	const install = ["install", "--no-audit", "--no-fund", ...tarballs, ...drivers, ...besides(name)];
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
	const compiler = installTypeScripts(join(scratch, "typescript"), run);
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
