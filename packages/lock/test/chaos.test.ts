import { describe, expect, it } from "vitest";
import { report } from "../harness/report.ts";
import { run, type Scenario } from "../harness/scenario.ts";
import { IMPATIENT, LOSS, STORM } from "../harness/scenarios.ts";

/*
 * Short runs of the chaos harness; the long ones are those of harness/run.ts. A seed decides what breaks and when:
 * CHAOS_SEED repeats a run, as far as processes can be made to repeat themselves.
 */
const seed = Number(process.env["CHAOS_SEED"] ?? Math.floor(Math.random() * 1_000_000));

/** How long a run may take to wind up on a machine that does other work too. */
const TIMEOUT_MS = 60_000;

/** For a busy machine: hand-offs are measured elsewhere, here a waiter must only not be forgotten. */
const PATIENT = { idleMs: 3_000 };

const runs: readonly Scenario[] = [
	{ ...STORM, ...PATIENT, durationMs: 3_000 },
	{ ...LOSS, ...PATIENT, durationMs: 2_500 },
	{ ...IMPATIENT, ...PATIENT, durationMs: 1_500 },
];

// At one time: they mostly wait.
describe.concurrent("locks of processes that are hurt in every way the harness knows", () => {
	// What the harness would see if they did not is in chaos-mutations.test.ts.
	it.each(runs.map((scenario) => [scenario.name, scenario] as const))(
		"keep all rules: %s",
		async (_, scenario) => {
			const done = await run(scenario, seed);
			expect(done.verdict.findings, report(done)).toEqual([]);
			// On a machine so busy that all waiters give up, there are only those.
			const { grants, denied, failed } = done.verdict.measures;
			expect(grants + denied + failed, report(done)).toBeGreaterThan(3);
		},
		TIMEOUT_MS,
	);
});
