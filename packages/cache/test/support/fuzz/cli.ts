// The fuzz, by hand, in packages/cache:
//
//   pnpm fuzz                          every configuration once, with a seed of its own
//   pnpm fuzz --minutes 30             over and over with new seeds
//   pnpm fuzz --seed 42 "in Redis"     that seed, that configuration
//   pnpm fuzz --peers                  other libraries and ours, reads and deletes only
//   pnpm fuzz --peers --json           the same, a line of JSON for each
//
// Ends with 1 if a cache of ours broke a rule. Names are those of configurations.ts.
import { parseArgs } from "node:util";
import { bundle } from "../bundle.ts";
import { CONFIGURATIONS, DELETES } from "./configurations.ts";
import { report } from "./report.ts";
import { type Fuzz, run } from "./run.ts";
import { SUBJECTS, type SubjectName } from "./subjects/index.ts";

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		minutes: { type: "string", default: "0" },
		writes: { type: "string" },
		seed: { type: "string" },
		peers: { type: "boolean", default: false },
		json: { type: "boolean", default: false },
	},
});

const isSubject = (name: string): name is SubjectName => Object.hasOwn(SUBJECTS, name);

/** Each library in each configuration that it has. */
function beside(): Fuzz[] {
	const without: Readonly<Record<string, Fuzz["tiers"]>> = {
		...{ "async-cache-dedupe": "L1 + L2", cacheable: "L2" },
	};
	return Object.keys(SUBJECTS)
		.filter(isSubject)
		.flatMap((subject) =>
			DELETES.filter(({ tiers }) => without[subject] !== tiers).map((one) => ({ ...one, subject })),
		);
}

async function main(): Promise<void> {
	using program = await bundle(new URL("worker.ts", import.meta.url));
	const known = values.peers ? beside() : CONFIGURATIONS;
	const chosen = known.filter(
		({ name, subject }) =>
			positionals.length === 0 || positionals.includes(name) || positionals.includes(subject),
	);
	if (chosen.length === 0) throw new Error(`None of these: ${known.map(({ name }) => name).join(", ")}`);
	const until = performance.now() + Number(values.minutes) * 60_000;
	do {
		for (const fuzz of chosen) {
			const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed);
			const writes = values.writes === undefined ? fuzz.writes : Number(values.writes);
			const done = await run({ ...fuzz, writes }, seed, program.path);
			const { findings, ...measured } = done.verdict;
			const line = { subject: fuzz.subject, tiers: fuzz.tiers, seed, ...measured };
			process.stdout.write(`${values.json ? JSON.stringify(line) : report(done)}\n`);
			if (fuzz.subject === "rk" && findings.length > 0) process.exitCode = 1;
		}
	} while (performance.now() < until);
}

await main();
