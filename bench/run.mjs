// `pnpm bench NAME [--quick] [--json FILE]`: runs bench/NAME.mjs in this process, prints its tables, keeps its rows.
import { readdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { Bench } from "./frame/bench.mjs";

const USAGE = "pnpm bench NAME [--quick] [--json FILE]";

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

async function main() {
	let given;
	try {
		given = readArguments();
	} catch (error) {
		return usage(error.message);
	}
	const { values, positionals } = given;
	const [name, ...others] = positionals;
	if (name === undefined) return usage("Which bench?");
	if (others.length > 0) return usage(`One bench at a time, not ${positionals.join(", ")}.`);
	if (!(await benches()).includes(name)) return usage(`There is no bench "${name}".`);

	// Whether the file can be written is better known before the minutes than after them.
	if (values.json !== undefined) await writeFile(values.json, "[]\n");
	const { run } = await import(`./${name}.mjs`);
	const machine = cpus();
	console.log(`bench ${name}${values.quick ? ", quick" : ""}`);
	console.log(`Node.js ${process.versions.node} · ${machine.length} × ${machine[0]?.model ?? process.arch}`);
	const bench = new Bench(name, values.quick);
	await run(bench);
	if (values.json !== undefined) {
		await writeFile(values.json, `${JSON.stringify(bench.rows, null, "\t")}\n`);
		console.log(`\n${bench.rows.length} rows in ${values.json}`);
	}
}

await main();
