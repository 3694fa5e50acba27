import type { WriteVerb } from "./protocol.ts";
import type { Fuzz } from "./run.ts";

const ALL: readonly WriteVerb[] = [
	...(["delete", "deleteMany", "set", "setMany", "invalidateTag", "clear", "expire", "expireTag"] as const),
];

const common = { subject: "rk", verbs: ALL, writes: 250 } as const satisfies Partial<Fuzz>;

/** Every way of having a cache, with everything that can be done to one. */
export const CONFIGURATIONS: readonly Fuzz[] = [
	{ ...common, name: "in Redis", tiers: "L2" },
	{ ...common, name: "in memory and Redis", tiers: "L1 + L2" },
	{ ...common, name: "in memory", tiers: "L1", workers: 1 },
	{ ...common, name: "in Redis, a cluster", tiers: "L2", topology: "cluster" },
	{ ...common, name: "in memory and Redis, a cluster", tiers: "L1 + L2", topology: "cluster" },
	{
		...{ ...common, name: "in memory and Redis, while processes stand still", tiers: "L1 + L2" },
		fault: "a process stands still",
	},
	{
		...{ ...common, name: "in memory and Redis, while subscribers are cut off", tiers: "L1 + L2" },
		fault: "subscribers are cut off",
	},
	// Short lives, so that most reads find something stale, and refresh it behind the reader's back.
	{ ...common, name: "in Redis, stale meanwhile", tiers: "L2", ttlMs: 150, staleMs: 300 },
	{ ...common, name: "in memory and Redis, stale meanwhile", tiers: "L1 + L2", ttlMs: 150, staleMs: 300 },
];

/** What the popular libraries are compared by: reads and deletes, nothing else. */
export const DELETES: readonly Omit<Fuzz, "subject">[] = [
	{ name: "in Redis, deletes only", tiers: "L2", verbs: ["delete"], client: "ioredis", writes: 300 },
	{
		...{ name: "in memory and Redis, deletes only", tiers: "L1 + L2", verbs: ["delete"] },
		...{ client: "ioredis", writes: 300 },
	},
];
