import type { Edit } from "../../../test/bundle.ts";
import type { Rule } from "./checker/finding.ts";
import { strikes } from "./nemesis.ts";
import type { Scenario } from "./scenario.ts";
import { IMPATIENT, LOSS, PAUSES, WAKE_UP } from "./scenarios.ts";

/** A promise of the locks, broken on purpose, and the run in which the harness has to see it. */
export interface Mutation {
	readonly name: string;
	readonly edits: readonly Edit[];
	readonly scenario: Scenario;
	readonly found: Rule;
}

const TOKEN_CHECK = `if string.match(value, "^[^|]+") ~= ARGV[1] then return 0 end\n`;

/** The holder stands still for longer than its lock lives, over and over, and then gives it back. */
const STOPPED_HOLDERS: Scenario = {
	...PAUSES,
	work: { ...PAUSES.work, holdMs: [80, 200] },
	strikes: Array.from({ length: 12 }, (_, i) => strikes(["stop worker", 200 + 650 * i, 550])).flat(),
};

export const MUTATIONS: readonly Mutation[] = [
	{
		name: "a release does not look whose lock it is",
		edits: [{ file: "release.lua", replace: TOKEN_CHECK, by: "" }],
		scenario: STOPPED_HOLDERS,
		found: "exclusion",
	},
	{
		name: "an extension does not look whose lock it is",
		edits: [{ file: "extend.lua", replace: `string.match(value, "^[^|]+") ~= ARGV[i + 1]`, by: "false" }],
		scenario: LOSS,
		found: "exclusion",
	},
	{
		name: "a release deletes whatever is there",
		edits: [
			{ file: "release.lua", replace: "if not value then return -1 end\n", by: "" },
			{ file: "release.lua", replace: TOKEN_CHECK, by: "" },
		],
		scenario: STOPPED_HOLDERS,
		found: "exclusion",
	},
	{
		name: "validity is measured from the reply",
		edits: [
			{
				file: "application.ts",
				replace: "if (!answer.granted) {",
				by: "since = instant(rules.clock);\nif (!answer.granted) {",
			},
		],
		scenario: {
			...{
				...PAUSES,
				workers: 3,
				ttlMs: 300,
				faults: ["slow replies"],
				lastsMs: [350, 500],
				calmMs: [0, 100],
			},
			work: { ...PAUSES.work, holdMs: [40, 120], restMs: [20, 120] },
		},
		found: "exclusion",
	},
	{
		name: "a waiter does not look again once it listens",
		edits: [
			{
				file: "wake-up.ts",
				replace: "this.#tell();\n\t\t\treturn subscription;",
				by: "return subscription;",
			},
		],
		scenario: WAKE_UP,
		found: "liveness",
	},
	{
		name: "a fence is the one before it and one",
		edits: [
			{
				file: "acquire.lua",
				replace: "if late and tonumber(last) then",
				by: 'last = last or "0"\nif true then',
			},
		],
		scenario: LOSS,
		found: "fence order",
	},
	{
		name: "a failed acquire leaves what it may have got",
		edits: [
			{ file: "application.ts", replace: "if (this.#doubtful) this.#errands.keep(this.#cleanUp());", by: "" },
		],
		scenario: { ...IMPATIENT, idleMs: 60_000 },
		found: "leftover",
	},
];
