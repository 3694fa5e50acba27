import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { check, type Rules } from "../harness/checker/check.ts";
import type { Access, FaultWindow, History } from "../harness/history.ts";
import { story, type Told } from "./support/story.ts";

const RULES: Rules = { limit: 1, noticeMs: 50, idleMs: 100, recoveryMs: 20, ttlMs: 300 };

const brokenIn = (history: History, rules: Partial<Rules> = {}): string[] => [
	...new Set(check(history, { ...RULES, ...rules }).findings.map(({ rule }) => rule)),
];

const fault = (from: number, to: number, losesData = false): FaultWindow => ({
	...{ fault: "cut", target: "a", from, to, losesData },
});

const access = (
	at: number,
	hold: string,
	kind: Access["kind"],
	value: number,
	more: Partial<Access> = {},
) => ({
	...{ at, hold, kind, value, key: "k", fenced: true, accepted: true },
	...more,
});

/** a holds, then b, then a again. */
const FAIR: readonly Told[] = [
	{ hold: "a1", asked: 0, granted: 2, fence: 1, held: [3, 8], released: [10, 12] },
	{ hold: "b1", asked: 1, sentFrom: 10, granted: 11, fence: 2, held: [13, 18], released: [20, 22] },
	{ hold: "a2", asked: 15, sentFrom: 20, granted: 23, fence: 3, held: [24], released: [30, 31] },
];

describe("a history of locks that were held one after the other", () => {
	it("breaks no rule", () => {
		expect(check(story(FAIR), RULES).findings).toEqual([]);
	});

	it("is measured", () => {
		expect(check(story(FAIR), RULES).measures).toMatchObject({
			...{ grants: 3, denied: 0, overlaps: 0, fewest: 1, mostGrants: 2 },
			handOffMs: { p50: 3, p99: 3, max: 3 },
		});
	});
});

describe("exclusion", () => {
	it.each<[string, Told[]]>([
		[
			"two that say at one time that they hold it",
			[
				{ hold: "a1", asked: 0, granted: 2, held: [30] },
				{ hold: "b1", asked: 1, granted: 20, held: [40] },
			],
		],
		[
			"one that is granted while another holds, and lost at once",
			[
				{ hold: "a1", asked: 0, granted: 2, held: [30] },
				{ hold: "b1", asked: 1, granted: 20 },
			],
		],
		[
			"one that still holds after a pause, while two others had it meanwhile",
			[
				{ hold: "a1", asked: 0, granted: 2, held: [3, 900] },
				{ hold: "b1", asked: 1, granted: 400, held: [410], released: [411, 412] },
				{ hold: "c1", asked: 1, granted: 420, held: [430], released: [431, 432] },
			],
		],
	])("is broken by %s", (_, holds) => {
		expect(brokenIn(story(holds))).toContain("exclusion");
	});

	it("is not broken by a holder that slept past its time and says so when it is asked", () => {
		const holds: Told[] = [
			{ hold: "a1", asked: 0, granted: 2, held: [3], released: [900, 901, false] },
			{ hold: "b1", asked: 1, granted: 400, held: [410, 950], released: [951, 952] },
		];
		expect(brokenIn(story(holds))).toEqual([]);
	});

	it("is not broken by holders of two keys", () => {
		const holds: Told[] = [
			{ hold: "a1", key: "k", asked: 0, granted: 2, held: [30] },
			{ hold: "b1", key: "l", asked: 0, granted: 2, held: [30] },
		];
		expect(brokenIn(story(holds))).toEqual([]);
	});

	it("admits as many as the limit, and no more", () => {
		const three: Told[] = ["a1", "b1", "c1"].map((hold, i) => ({
			hold,
			asked: i,
			granted: 10 + i,
			held: [50],
		}));
		expect(brokenIn(story(three.slice(0, 2)), { limit: 2 })).toEqual([]);
		expect(brokenIn(story(three), { limit: 2 })).toContain("exclusion");
	});

	it("is excused after a loss of data, until the holder must have noticed", () => {
		const until = (last: number): Told[] => [
			{ hold: "a1", asked: 0, granted: 2, held: [3, last] },
			{ hold: "b1", asked: 1, granted: 21, held: [last + 1] },
		];
		const flushed = { faults: [fault(20, 21, true)] };
		expect(brokenIn(story(until(60), flushed))).toEqual([]);
		expect(brokenIn(story(until(80), flushed))).toEqual(["exclusion"]);
		expect(brokenIn(story(until(60), { faults: [fault(20, 21)] }))).toContain("exclusion");
	});
});

describe("a grant", () => {
	it("whose time was over when it was handed out is found", () => {
		const holds = (remainingMs: number): Told[] => [{ hold: "a1", asked: 0, granted: 90, remainingMs }];
		expect(brokenIn(story(holds(1)))).toEqual([]);
		expect(brokenIn(story(holds(0)))).toEqual([]); // it says itself that it is lost
		expect(brokenIn(story(holds(-500)))).toEqual(["expired grant"]);
	});

	it("is found when its fence is not greater than an earlier one's", () => {
		const swapped = FAIR.map((told, i) => ({ ...told, fence: [2, 1, 3][i] ?? 0 }));
		expect(brokenIn(story(swapped))).toEqual(["fence order"]);
		const shared = FAIR.map((told) => ({ ...told, fence: 7 }));
		expect(brokenIn(story(shared))).toEqual(["fence order"]);
	});

	it("may have any fence beside one whose grant it overlapped in time", () => {
		const holds: Told[] = [
			{ hold: "a1", asked: 0, sentFrom: 0, granted: 10, fence: 2, released: [11, 12, false] },
			{ hold: "b1", asked: 0, sentFrom: 5, granted: 13, fence: 1, released: [14, 15] },
		];
		expect(brokenIn(story(holds))).toEqual([]);
	});
});

describe("the mutex model", () => {
	it("finds a release that claims the lock was held until then, though another had it meanwhile", () => {
		const holds: Told[] = [
			{ hold: "a1", asked: 0, granted: 2, held: [3], released: [900, 901, true] },
			{ hold: "b1", asked: 1, granted: 400, held: [410], released: [411, 412] },
		];
		expect(brokenIn(story(holds))).toEqual(["mutex model"]);
	});

	it("finds an order where grants and releases were on their way at one time", () => {
		const holds: Told[] = [
			{ hold: "a1", asked: 0, granted: 50, held: [51], released: [52, 100] },
			{ hold: "b1", asked: 0, granted: 60, held: [61], released: [62, 100] },
			{ hold: "c1", asked: 0, granted: 70, held: [71], released: [72, 100] },
		];
		expect(brokenIn(story(holds))).toEqual([]);
	});
});

describe("the register", () => {
	const accesses = [
		access(5, "a1", "read", 0),
		access(6, "a1", "write", 1),
		access(15, "b1", "read", 1),
		access(16, "b1", "write", 2),
	];

	it("that took accesses in the order of the grants breaks no rule", () => {
		expect(brokenIn(story(FAIR, { accesses }))).toEqual([]);
	});

	it("that took a write of an earlier holder after one of a later is found, whatever the fences", () => {
		const late = [...accesses, access(17, "a1", "write", 3)];
		expect(brokenIn(story(FAIR, { accesses: late }))).toEqual(["stale access"]);
	});

	it("may refuse that write, and a register without fences may take it", () => {
		const refused = access(17, "a1", "write", 3, { accepted: false });
		const unfenced = access(17, "a1", "write", 1, { fenced: false });
		expect(brokenIn(story(FAIR, { accesses: [...accesses, refused, unfenced] }))).toEqual([]);
	});

	it("that lost an update is found, and one without fences only counted", () => {
		const twice = (fenced: boolean) => [
			access(5, "a1", "write", 1, { fenced }),
			access(15, "b1", "write", 1, { fenced }),
		];
		expect(brokenIn(story(FAIR, { accesses: twice(true) }))).toEqual(["lost update"]);
		const { findings, measures } = check(story(FAIR, { accesses: twice(false) }), RULES);
		expect([findings, measures.unfencedLostUpdates]).toEqual([[], 1]);
	});
});

describe("liveness", () => {
	const released: Told = { hold: "a1", asked: 0, granted: 2, held: [9], released: [10, 12] };

	it.each<[string, Told]>([
		["gets the lock long after it was released", { hold: "b1", asked: 1, granted: 200, held: [201] }],
		["gives up though the lock was free", { hold: "b1", asked: 1, denied: 200 }],
	])("is broken when a waiter %s", (_, waiter) => {
		expect(brokenIn(story([released, waiter]))).toEqual(["liveness"]);
	});

	it.each<[string, Told[], FaultWindow[]]>([
		["waits for a holder", [{ ...released, held: [9, 190], released: [191, 192] }], []],
		["waits for the time of a dead holder to run out", [{ hold: "a1", asked: 0, granted: 2, held: [9] }], []],
		["waits while something is broken, and until it has recovered", [released], [fault(20, 170)]],
	])("is not broken when a waiter %s", (_, before, faults) => {
		const waiter: Told = { hold: "b1", asked: 1, granted: 200, held: [201] };
		expect(brokenIn(story([...before, waiter], { faults }))).toEqual([]);
	});

	it("asks nothing of a waiter that was told of an error, or died", () => {
		expect(brokenIn(story([released, { hold: "b1", asked: 1, failed: 900 }]))).toEqual([]);
		expect(brokenIn(story([released, { hold: "b1", asked: 1 }]))).toEqual([]);
	});
});

describe("what is left", () => {
	it.each([
		["keys", { keys: ["lock:{a}"] }],
		["subscriptions", { channels: ["lock:{a}:wake"] }],
		["a worker that does not end", { lingering: ["a.1"] }],
	])("is found: %s", (_, leftovers) => {
		expect(brokenIn(story(FAIR, { leftovers }))).toEqual(["leftover"]);
	});

	it("is found: an error that nobody handled", () => {
		const stray = { kind: "stray", at: 5, detail: "Error: lost", worker: "a" } as const;
		expect(brokenIn(story(FAIR, { events: [stray] }))).toEqual(["stray error"]);
	});
});

/** Holds of one key one after the other: who, how long each step takes, and how the hold ends. */
const turns = fc.array(
	fc.record({
		worker: fc.constantFrom("a", "b", "c", "d"),
		/** How long before the last holder's end it asked; never before the first instant. */
		early: fc.integer({ min: 0, max: 40 }),
		reply: fc.integer({ min: 1, max: 5 }),
		work: fc.integer({ min: 1, max: 20 }),
		release: fc.integer({ min: 1, max: 5 }),
		dies: fc.boolean(),
	}),
	{ minLength: 2, maxLength: 40 },
);

type Turns = typeof turns extends fc.Arbitrary<infer T> ? T : never;

/** As a correct lock would have served them. */
function served(given: Turns): Told[] {
	let free = 0;
	return given.map(({ worker, early, reply, work, release, dies }, i) => {
		const granted = free + reply;
		const held = [granted + work / 2, granted + work];
		const until = granted + work + 1;
		const told = {
			...{ hold: `${worker}${i}`, worker, asked: Math.max(0, free - early), sentFrom: free, granted, held },
			fence: i + 1,
		};
		free = dies ? until + RULES.ttlMs : until + release;
		return dies ? told : { ...told, released: [until, until + release] as const };
	});
}

describe("of any history that a correct lock could have made", () => {
	it("no rule is broken", () => {
		fc.assert(
			fc.property(turns, (given) => {
				expect(brokenIn(story(served(given)))).toEqual([]);
			}),
		);
	});

	const damaged = (damage: (holds: Told[], i: number) => Told[], rule: string): void => {
		fc.assert(
			fc.property(turns, fc.nat(), (given, n) => {
				const holds = served(given);
				expect(brokenIn(story(damage(holds, n % (holds.length - 1))))).toContain(rule);
			}),
		);
	};
	const replace = (holds: Told[], i: number, told: Partial<Told>): Told[] =>
		holds.map((hold, j) => (i === j ? { ...hold, ...told } : hold));

	it("a holder that claims the lock into its successor's time breaks exclusion", () => {
		damaged((holds, i) => replace(holds, i, { held: [holds[i + 1]?.granted ?? 0] }), "exclusion");
	});

	it("a successor that is served before the lock was free is explained by no order", () => {
		damaged((holds, i) => {
			const [at = 0] = holds[i]?.held ?? [];
			return replace(holds, i + 1, { asked: at, sentFrom: at, granted: at });
		}, "mutex model");
	});

	it("a fence that is not greater than its predecessor's breaks the order of fences", () => {
		damaged((holds, i) => replace(holds, i + 1, { fence: holds[i]?.fence ?? 0 }), "fence order");
	});
});
