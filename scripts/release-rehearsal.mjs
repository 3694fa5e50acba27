// Rehearses a release against a registry of its own on 127.0.0.1, in a clone: applies the changesets, publishes, and looks at
// what a user gets: versions, tags, ranges between the packages, and for each package a fresh project that installs it with an
// adapter, uses it by import and by require, and type-checks on old and new TypeScript. Nothing leaves the machine; the checkout is not touched. `node scripts/release-rehearsal.mjs`
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { besides, installTypeScripts, pinned, TYPE_CHECKS, writeProject } from "./consumer-project.mjs";

const REGISTRY = {
	private: true,
	dependencies: { verdaccio: "6.5.2" },
	// It is wanted by a tag, "cjs", and a mirror may have only the newest of a package's tags.
	overrides: { "node-fetch": "2.7.0" },
};
/** Each adapter's client. */
const DRIVERS = { "@rk/ioredis": "ioredis", "@rk/node-redis": "redis" };
const root = new URL("..", import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), "rk-release-"));
const clone = join(scratch, "clone");

function run(program, args, cwd, env = {}) {
	console.log(`$ ${[program, ...args].join(" ")}`);
	return execFileSync(program, args, {
		...{ cwd, env: { ...process.env, ...env }, encoding: "utf8" },
		...{ stdio: ["ignore", "pipe", "inherit"], timeout: 600_000 },
	});
}

const pnpm = (args, env) => run("npx", ["--yes", "pnpm@12.21.0", ...args], clone, env);
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

async function freePort() {
	const server = createServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	return port;
}

/** A registry that knows our packages, and asks the usual one for all others. */
async function startRegistry() {
	const uplink = run("npm", ["config", "get", "registry"], root).trim();
	const port = await freePort();
	const url = `http://127.0.0.1:${port}/`;
	const config = {
		storage: join(scratch, "storage"),
		uplinks: { usual: { url: uplink } },
		packages: {
			"@rk/*": { access: "$all", publish: "$all" },
			"**": { access: "$all", proxy: "usual" },
		},
		log: { type: "stdout", format: "pretty", level: "error" },
	};
	writeFileSync(join(scratch, "verdaccio.json"), JSON.stringify(config));
	const folder = join(scratch, "registry");
	mkdirSync(folder);
	writeFileSync(join(folder, "package.json"), JSON.stringify(REGISTRY));
	run("npm", ["install", "--no-audit", "--no-fund"], folder);
	const program = join(folder, "node_modules", "verdaccio", "bin", "verdaccio");
	const args = [program, "--config", join(scratch, "verdaccio.json"), "--listen", `127.0.0.1:${port}`];
	const registry = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
	const stop = () => registry.kill();
	for (let tries = 0; tries < 300; tries++) {
		if (registry.exitCode !== null) throw new Error("the registry did not start");
		const answers = await fetch(new URL("-/ping", url)).then(
			({ ok }) => ok,
			() => false,
		);
		if (answers) return { url, stop };
		await sleep(200);
	}
	stop();
	throw new Error("the registry does not answer");
}

/** Packages as they are in the clone now. */
function packages() {
	const folders = readdirSync(join(clone, "packages"));
	return folders.map((folder) => readJson(join(clone, "packages", folder, "package.json")));
}

async function checkPublished(url, released) {
	const tags = run("git", ["tag"], clone).trim().split("\n");
	for (const { name, version, dependencies = {} } of released) {
		assert.ok(tags.includes(`${name}@${version}`), `no tag ${name}@${version}`);
		const published = await (await fetch(new URL(name.replace("/", "%2f"), url))).json();
		assert.equal(published["dist-tags"].latest, version, `${name}: the latest is not ${version}`);
		const manifest = published.versions[version];
		for (const dependency of Object.keys(dependencies)) {
			const range = manifest.dependencies[dependency];
			const own = released.find((other) => other.name === dependency);
			if (own !== undefined) assert.equal(range, `^${own.version}`, `${name} wants ${dependency} ${range}`);
			assert.doesNotMatch(range, /workspace:|catalog:/, `${name} wants ${dependency} ${range}`);
		}
		console.log(`ok      ${name}@${version}: tag, latest, ranges`);
	}
}

function checkInstall(url, released) {
	const compiler = installTypeScripts(join(scratch, "typescript"), run);
	for (const folder of readdirSync(join(clone, "packages"))) {
		const manifest = readJson(join(clone, "packages", folder, "package.json"));
		const { name } = manifest;
		if (!released.some((other) => other.name === name)) continue;
		const isAdapter = name in DRIVERS;
		for (const [adapter, driver] of Object.entries(DRIVERS)) {
			if (isAdapter && name !== adapter) continue;
			const project = join(scratch, `user-${folder}-${driver}`);
			writeProject(project, folder, manifest);
			const wanted = [...new Set([name, adapter]), `${driver}@${pinned(driver)}`, ...besides(name)];
			run("npm", ["install", "--no-audit", "--no-fund", "--registry", url, ...wanted], project);
			run(process.execPath, ["load.mjs"], project);
			for (const [version, resolution] of TYPE_CHECKS)
				run(process.execPath, [compiler(version), "--project", `tsconfig.${resolution}.json`], project);
			console.log(`ok      ${name} with ${adapter}: installed, imported, required and type-checked`);
		}
	}
}

let registry;
try {
	run("git", ["clone", "--quiet", root, clone], scratch);
	for (const [key, value] of [
		["user.name", "release rehearsal"],
		["user.email", "rehearsal@localhost"],
	])
		run("git", ["config", key, value], clone);
	pnpm(["install", "--frozen-lockfile"]);
	pnpm(["run", "version-packages"]);
	run("git", ["add", "--all"], clone);
	run("git", ["commit", "--quiet", "--message", "Version packages"], clone);
	pnpm(["run", "build"]);
	registry = await startRegistry();
	// npm asks for some token before it publishes; this registry takes any.
	const token = `//${new URL(registry.url).host}/:_authToken`;
	writeFileSync(join(scratch, "npmrc"), `registry=${registry.url}\n${token}=rehearsal\n`);
	const env = { npm_config_userconfig: join(scratch, "npmrc"), npm_config_registry: registry.url };
	console.log(pnpm(["exec", "changeset", "publish"], env));
	const released = packages().filter((manifest) => !manifest.private);
	await checkPublished(registry.url, released);
	checkInstall(registry.url, released);
} finally {
	registry?.stop();
	rmSync(scratch, { recursive: true, force: true });
}
