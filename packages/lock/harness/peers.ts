import type { Rule } from "./checker/finding.ts";
import { strikes } from "./nemesis.ts";
import type { Scenario } from "./scenario.ts";

/** A defect of another library, and the run in which the harness has to find it. */
export interface Defect {
	readonly scenario: Scenario;
	readonly found: Rule;
}

const BUSY = { keys: 1, holdMs: [20, 60], restMs: [0, 10], waitMs: [1_500, 1_500] } as const;

const common = {
	...{
		workers: 3,
		ttlMs: 400,
		work: BUSY,
		faults: [],
		idleMs: 60_000,
		leavesRunOut: true,
		durationMs: 3_500,
	},
} as const satisfies Partial<Scenario>;

/** What is known of the libraries that these runs are about: the harness must see it, or it is blind. */
export const DEFECTS: readonly Defect[] = [
	{
		scenario: {
			...common,
			name: "still acquired after the time of the lock",
			subject: "redis-semaphore mutex",
			strikes: strikes(["stop worker", 300, 900], ["stop worker", 1_400, 900], ["lose replies", 2_400, 900]),
		},
		found: "exclusion",
	},
	{
		scenario: {
			...common,
			name: "a quorum that came after its time",
			subject: "redis-semaphore redlock",
			...{ servers: 3, workers: 2, durationMs: 5_500 },
			work: { ...BUSY, holdMs: [150, 250], restMs: [100, 200] },
			strikes: strikes(["slow replies", 300, 600], ["slow replies", 2_800, 600]),
		},
		found: "exclusion",
	},
	{
		scenario: {
			...common,
			name: "a lock whose validity is over",
			subject: "redlock",
			strikes: strikes(["freeze server", 300, 900], ["freeze server", 1_400, 900]),
		},
		found: "expired grant",
	},
	{
		scenario: {
			...common,
			name: "one permit, two times",
			subject: "redis-semaphore semaphore",
			ttlMs: 1_200,
			work: { ...BUSY, holdMs: [300, 500], waitMs: [3_000, 3_000] },
			strikes: [],
		},
		found: "exclusion",
	},
	{
		scenario: {
			...common,
			name: "two permits, three nodes",
			subject: "redis-semaphore redlock semaphore",
			servers: 3,
			workers: 5,
			limit: 2,
			ttlMs: 1_000,
			strikes: [],
		},
		found: "exclusion",
	},
	{
		scenario: {
			...common,
			name: "a holder that slept",
			subject: "recipe-book",
			strikes: strikes(["stop worker", 300, 900], ["stop worker", 1_400, 900], ["stop worker", 2_400, 900]),
		},
		found: "exclusion",
	},
];
