// `pnpm bench [NAME] [--quick] [--json FILE]`: runs bench/NAME.mjs in this process, prints its tables, keeps its rows; without
// NAME all of them, each in a process of its own, then one table of them all, results.json, and a chart of each in charts/.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Bench } from "./frame/bench.mjs";
import { chart } from "./frame/chart.mjs";
import { summary } from "./frame/summary.mjs";

const USAGE = "pnpm bench [NAME] [--quick] [--json FILE]";
const RESULTS = new URL("results.json", import.meta.url);
const CHARTS = new URL("charts/", import.meta.url);

async function benches() {
	const files = await readdir(new URL(".", import.meta.url));
	return files.filter((file) => file.endsWith(".mjs") && file !== "run.mjs").map((file) => file.slice(0, -4));
}

async function usage(problem) {
	console.error(`${problem}\n\n${USAGE}\n`);
	for (const name of await benches()) {
		const { about } = await import(`./${name}.mjs`);
		console.error(`  ${name.padEnd(12)} ${about}`);
	}
	process.exitCode = 2;
}

function readArguments() {
	return parseArgs({
		allowPositionals: true,
		options: { quick: { type: "boolean", default: false }, json: { type: "string" } },
	});
}

const machine = () => {
	const all = cpus();
	return `${all.length} × ${all[0]?.model ?? process.arch}`;
};

async function runOne(name, { quick, json }) {
	// Whether the file can be written is better known before the minutes than after them.
	if (json !== undefined) await writeFile(json, "[]\n");
	const { run } = await import(`./${name}.mjs`);
	console.log(`bench ${name}${quick ? ", quick" : ""}`);
	console.log(`Node.js ${process.versions.node} · ${machine()}`);
	const bench = new Bench(name, quick);
	await run(bench);
	if (json === undefined) return;
	await writeFile(json, `${JSON.stringify(bench.rows, null, "\t")}\n`);
	console.log(`\n${bench.rows.length} rows in ${json}`);
}

/** In a process of its own, so that none runs with the memory and the compiled code of those before it. */
async function rowsOf(name, folder, quick) {
	const file = join(folder, `${name}.json`);
	const args = [fileURLToPath(import.meta.url), name, "--json", file, ...(quick ? ["--quick"] : [])];
	const [code] = await once(spawn(process.execPath, args, { stdio: "inherit" }), "exit");
	if (code !== 0) {
		console.error(`\nbench ${name} failed`);
		process.exitCode = 1;
	}
	return JSON.parse(await readFile(file, "utf8"));
}

async function runAll({ quick, json }) {
	const folder = await mkdtemp(join(tmpdir(), "rk-bench-"));
	const rows = [];
	try {
		for (const name of await benches()) rows.push(...(await rowsOf(name, folder, quick)));
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
	console.log(`\n${summary(rows)}`);
	const results = {
		date: new Date().toISOString(),
		node: process.versions.node,
		machine: machine(),
		quick,
		rows,
	};
	await writeFile(json ?? RESULTS, `${JSON.stringify(results, null, "\t")}\n`);
	await mkdir(CHARTS, { recursive: true });
	for (const name of await benches()) {
		const drawn = chart(
			name,
			rows.filter((row) => row.bench === name),
		);
		if (drawn !== undefined) await writeFile(new URL(`${name}.svg`, CHARTS), drawn);
	}
}

async function main() {
	let given;
	try {
		given = readArguments();
	} catch (error) {
		return usage(error.message);
	}
	const { values, positionals } = given;
	const [name, ...others] = positionals;
	if (name === undefined) return runAll(values);
	if (others.length > 0) return usage(`One bench at a time, or all of them, not ${positionals.join(", ")}.`);
	if (!(await benches()).includes(name)) return usage(`There is no bench "${name}".`);
	return runOne(name, values);
}

await main();
// Whatever a peer's client left open.
process.exit();
