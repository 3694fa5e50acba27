import fc from "fast-check";
import { expect, test } from "vitest";
import { Entry } from "../src/entry.ts";
import { Memory } from "../src/memory.ts";
import { cacheOn } from "./redis.ts";

const FOREVER = { freshMs: 3_600_000, staleMs: 0, errorMs: 0 };
const MAX = 256;
const LEEWAY = MAX / 64;

/** A memory whose entries tell by their sizes which of them is gone. */
class Watched {
	readonly memory = new Memory({ max: MAX, maxBytes: undefined, ttlMs: 3_600_000 });
	/** How many entries had been put when each was last used. */
	readonly used = new Map<number, number>();
	puts = 0;

	constructor() {
		this.memory.trust(Number.POSITIVE_INFINITY);
	}

	ask(place: number): void {
		const key = [...this.used.keys()][place % Math.max(1, this.used.size)];
		if (key === undefined) return;
		expect(this.memory.fresh(String(key), 0)).toBeDefined();
		this.used.set(key, this.puts);
	}

	/** The one that goes was last used when so many had been put, and the others when so many or more. */
	put(): { gone: number; others: number } | undefined {
		const id = ++this.puts;
		const before = this.memory.bytes;
		this.memory.put(
			String(id),
			new Entry({ value: id, copy: undefined, size: id }, FOREVER, 0, undefined),
			0,
		);
		const gone = before + id - this.memory.bytes;
		const last = this.used.get(gone);
		this.used.delete(gone);
		this.used.set(id, id);
		return last === undefined ? undefined : { gone: last, others: Math.min(...this.used.values()) };
	}
}

// Broken on purpose: never moved, an entry in use goes as if it were not; moved only after half of them were put, it goes too soon.
test("the one that goes was not used later than any other by more than a 64th of the entries", () => {
	const steps = fc.array(fc.oneof(fc.constant("put"), fc.nat(MAX)), { minLength: 600, maxLength: 900 });
	let evictions = 0;
	fc.assert(
		fc.property(steps, (all) => {
			const watched = new Watched();
			for (let i = 0; i < MAX; i++) watched.put();
			for (const step of all) {
				if (typeof step === "number") watched.ask(step);
				else {
					const went = watched.put();
					if (went === undefined) throw new Error("Nothing went");
					evictions += 1;
					expect(went.gone - went.others).toBeLessThan(LEEWAY);
				}
			}
		}),
		{ numRuns: 60 },
	);
	expect(evictions).toBeGreaterThan(1_000);
});

test("what is used again and again stays, however many others come", () => {
	const watched = new Watched();
	watched.put();
	for (let i = 0; i < 20 * MAX; i++) {
		watched.ask(0);
		watched.put();
	}
	expect(watched.memory.fresh("1", 0)).toBeDefined();
});

// Broken on purpose: with an eighth in the place of a 64th each key is loaded again in each round.
test("what fits with some room is not evicted, though other keys come and go", async () => {
	const cache = cacheOn(null, { l1: { max: 1_000 } });
	let loads = 0;
	for (let round = 0; round < 5; round++) {
		for (let i = 0; i < 940; i++) await cache.getOrLoad(`own ${i}`, () => ++loads);
		for (let i = 0; i < 40; i++) await cache.getOrLoad(`other ${round} ${i}`, () => 0);
	}
	expect(loads).toBe(940);
});

// Broken on purpose: with leeway there as well, what was used last goes before what is large and was not.
test("where bytes are bounded, it is the very order of use that counts", () => {
	const memory = new Memory({ max: 10_000, maxBytes: 100_000, ttlMs: 3_600_000 });
	memory.trust(Number.POSITIVE_INFINITY);
	const put = (key: string, size: number): void =>
		memory.put(key, new Entry({ value: 1, copy: undefined, size }, FOREVER, 0, undefined), 0);
	for (let i = 0; i < 400; i++) put(`small ${i}`, 50);
	put("hot", 50);
	put("large", 60_000);
	memory.fresh("hot", 0);
	put("larger", 39_990);
	expect(memory.fresh("hot", 0)).toBeDefined();
	expect(memory.fresh("large", 0)).toBeUndefined();
});
