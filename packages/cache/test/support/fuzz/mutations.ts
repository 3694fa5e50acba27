import type { Edit } from "../bundle.ts";
import type { Rule } from "./check.ts";
import type { Fuzz } from "./run.ts";

/** What makes the cache keep its promise, taken out, and the run in which the fuzz has to see it. */
interface Mutation {
	readonly name: string;
	readonly edits: readonly Edit[];
	readonly fuzz: Fuzz;
	readonly found: Rule;
}

const common = { subject: "rk", verbs: ["delete"], writes: 100 } as const satisfies Partial<Fuzz>;
const IN_REDIS = { ...common, name: "in Redis", tiers: "L2" } as const satisfies Fuzz;
const IN_BOTH = { ...common, name: "in memory and Redis", tiers: "L1 + L2" } as const satisfies Fuzz;
const IN_MEMORY = { ...common, name: "in memory", tiers: "L1", workers: 1 } as const satisfies Fuzz;

/** What comes of a bus that is silent, or was lost, is gone by the next fill, too soon to be found here: bus.test.ts tells it. */
export const MUTATIONS: readonly Mutation[] = [
	{
		name: "a fill does not compare the lease's token",
		edits: [
			{
				file: "lua/fill.lua",
				replace: 'if redis.call("GET", KEYS[2]) ~= ARGV[1] then return 0 end',
				by: "",
			},
		],
		fuzz: IN_REDIS,
		found: "stale",
	},
	{
		name: "an invalidation does not reach what is under way in its own process",
		edits: [
			{
				file: "in-flight.ts",
				replace: "this.#cuts?.add(key);",
				by: "",
			},
		],
		fuzz: IN_MEMORY,
		found: "stale",
	},
	{
		name: "what other processes tell is not heeded",
		edits: [
			{ file: "trust.ts", replace: "} else if (!own) {", by: "} else if (!own && names.length === 0) {" },
		],
		// As long as they write, their fills drop what is old.
		fuzz: IN_BOTH,
		found: "stuck",
	},
	{
		name: "the token of a tag is not compared",
		edits: [
			{
				file: "reader.ts",
				replace: 'if (token?.hard !== hard || queued === "hard") return undefined;',
				by: "",
			},
		],
		// Stale values are allowed, so that nothing but this token tells what is gone from what is past its time.
		fuzz: { ...IN_REDIS, verbs: ["invalidateTag"], staleMs: 60_000 },
		found: "stale",
	},
	{
		name: "the token of the namespace is not compared",
		edits: [
			{
				file: "reader.ts",
				replace: "if (namespace === undefined || !envelope.isOf(namespace.hard)) return undefined;",
				by: "",
			},
		],
		fuzz: { ...IN_REDIS, verbs: ["clear"] },
		found: "stale",
	},
	{
		name: "who comes too late joins all the same",
		edits: [{ file: "flight.ts", replace: "return exact && since >= step;", by: "return false;" }],
		fuzz: { ...IN_REDIS },
		found: "stale",
	},
];

/** Those that are quick to see. */
export const IN_SHORT: readonly Mutation[] = MUTATIONS.slice(0, 2);
