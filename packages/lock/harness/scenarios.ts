import type { FaultName } from "./nemesis.ts";
import type { Work } from "./protocol.ts";
import type { Scenario } from "./scenario.ts";

const BUSY: Work = { keys: 1, holdMs: [10, 60], restMs: [0, 20], waitMs: [3_000, 3_000] };

const OF_WORKERS: readonly FaultName[] = ["stop worker", "kill worker", "block worker", "shift clock"];
const OF_LINKS: readonly FaultName[] = [
	...["cut link", "lose requests", "lose replies", "swallow a reply"],
	...["slow replies", "kill clients", "kill subscribers", "forget scripts"],
] as const;

/** A server that is silent is asked again after the reply timeout, which is 2 s by default. */
const RECOVERY_MS = 3_500;

const common = {
	...{ subject: "rk", workers: 4, ttlMs: 400, durationMs: 10_000 },
	...{ idleMs: 700, recoveryMs: RECOVERY_MS, leavesRunOut: true },
} as const satisfies Partial<Scenario>;

/** Nothing is broken: hand-offs are prompt, and nothing is left. */
const QUIET: Scenario = {
	...common,
	name: "quiet",
	...{ work: BUSY, faults: [], idleMs: 400, leavesRunOut: false },
};

/** Processes that stand still, die, and have clocks that jump. */
export const PAUSES: Scenario = { ...common, name: "pauses", work: BUSY, faults: OF_WORKERS };

/** Connections that end, fall silent, or bring replies when they are of no use any more. */
const NETWORK: Scenario = { ...common, name: "network", work: { ...BUSY, keys: 2 }, faults: OF_LINKS };

/** Everything that loses no data, on one key. */
export const STORM: Scenario = {
	...common,
	name: "storm",
	...{ work: BUSY, persistence: "aof", calmMs: [50, 200] },
	faults: [...OF_WORKERS, ...OF_LINKS, "freeze server", "restart server"],
};

/** The data is lost while locks are held for longer than their time to live. */
export const LOSS: Scenario = {
	...common,
	name: "loss",
	work: { keys: 1, holdMs: [300, 2_000], restMs: [0, 20], waitMs: [5_000, 5_000] },
	...{ faults: ["flush all", "restart server"], lastsMs: [50, 400], calmMs: [500, 1_500] },
};

/** Locks that live long, and waiters that give up soon: what they leave behind would stay. */
export const IMPATIENT: Scenario = {
	...common,
	name: "impatient",
	...{ ttlMs: 20_000, leavesRunOut: false },
	work: { keys: 2, holdMs: [1, 15], restMs: [0, 5], waitMs: [5, 60], abortMs: [0, 30] },
	...{ faults: ["swallow a reply", "forget scripts", "kill subscribers"], lastsMs: [100, 400] },
};

/** Slow links and keys that nobody has waited for before: releases meet waiters that do not listen yet. */
export const WAKE_UP: Scenario = {
	...common,
	name: "wake-up",
	...{ workers: 2, ttlMs: 10_000, latencyMs: 6, leavesRunOut: false },
	work: { keys: 1, freshKeyMs: 60, holdMs: [1, 15], restMs: [0, 5], waitMs: [8_000, 8_000] },
	...{ faults: [], idleMs: 500 },
};

/** A master whose data its replica may not have yet dies, and the replica takes over. */
const SENTINEL: Scenario = {
	...LOSS,
	name: "failover of a Sentinel group",
	...{ topology: "sentinel", faults: ["failover"], durationMs: 30_000 },
	// Sentinels agree on a new master within seconds.
	...{ work: { ...LOSS.work, waitMs: [20_000, 20_000] }, recoveryMs: 8_000 },
};

/** The same, of a master among three. */
const CLUSTER: Scenario = { ...SENTINEL, name: "failover in a cluster", topology: "cluster" };

/** Three servers vote, and lose nothing. */
const REDLOCK: Scenario = {
	...STORM,
	name: "redlock",
	...{ subject: "rk redlock", servers: 3 },
};

/** What runs by hand, for as long as one likes. */
export const SCENARIOS: readonly Scenario[] = [
	...[QUIET, PAUSES, NETWORK, STORM, LOSS, IMPATIENT, WAKE_UP],
	...[SENTINEL, CLUSTER, REDLOCK],
];
