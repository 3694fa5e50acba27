// The long run, by hand, in packages/lock:
//
//   pnpm chaos                                  every scenario once, with a seed of its own
//   pnpm chaos --minutes 30 storm loss          these, over and over with new seeds
//   pnpm chaos --seed 42 storm                  that very plan of faults
//   pnpm chaos --seconds 60 --subject redlock quiet    another library
//
// Prints a report of each run, and ends with 1 if any broke a rule. Names are those of scenarios.ts.
import { parseArgs } from "node:util";
import { report } from "./report.ts";
import { run } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";
import { SUBJECTS, type SubjectName } from "./subjects/index.ts";

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		minutes: { type: "string", default: "0" },
		seconds: { type: "string" },
		seed: { type: "string" },
		subject: { type: "string", default: "rk" },
	},
});

const isSubject = (name: string): name is SubjectName => Object.hasOwn(SUBJECTS, name);

async function main(subject: string): Promise<void> {
	if (!isSubject(subject)) throw new Error(`There is no subject "${subject}": ${Object.keys(SUBJECTS)}`);
	const chosen = SCENARIOS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
	if (chosen.length === 0)
		throw new Error(`No such scenario: ${SCENARIOS.map(({ name }) => name).join(", ")}`);
	const until = performance.now() + Number(values.minutes) * 60_000;
	do {
		for (const scenario of chosen) {
			const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed);
			const durationMs = values.seconds === undefined ? scenario.durationMs : Number(values.seconds) * 1_000;
			const done = await run({ ...scenario, subject, durationMs }, seed);
			process.stdout.write(`${report(done)}\n`);
			if (done.verdict.findings.length > 0) process.exitCode = 1;
		}
	} while (performance.now() < until);
}

await main(values.subject);
