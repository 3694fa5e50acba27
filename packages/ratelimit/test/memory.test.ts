import { expect, test } from "vitest";
import { fixedWindow, gcra, memory, per, slidingCounter, slidingLog } from "../src/index.ts";
import { MemoryLimits } from "../src/memory-limits.ts";

test("the memory is bounded: the subject not seen for longest is forgotten", () => {
	const limits = new MemoryLimits(memory({ share: 1, maxSubjects: 100 }));
	const limit = slidingLog({ limit: 2, windowMs: 1_000 });
	for (let i = 0; i < 1_000; i++) limits.apply("limit", `user-${i}`, 1, limit, 0n);
	expect(limits.size).toBe(100);
	expect(limits.apply("peek", "user-999", 2, limit, 0n).granted).toBe(1);
	expect(limits.apply("peek", "user-0", 2, limit, 0n).granted).toBe(2);
	expect(limits.size).toBe(100);
	for (let i = 900; i < 1_000; i++) limits.apply("peek", `user-${i}`, 1, limit, 2_000_000n);
	expect(limits.size).toBe(0);
});

// Broken on purpose: the whole limit for a share; an account that is never idle.
test.each([
	["gcra", gcra({ rate: per(8, 1_000) })],
	["fixed window", fixedWindow({ limit: 8, windowMs: 1_000, align: "clock" })],
	["sliding log", slidingLog({ limit: 8, windowMs: 1_000 })],
	["sliding counter", slidingCounter({ limit: 8, windowMs: 1_000 })],
])("a share of %s is counted as the whole would be, and forgotten once all is free", (_, limit) => {
	const limits = new MemoryLimits(memory({ share: 1 / 4 }));
	const ask = (us: bigint): number => limits.apply("limit", "a", 1, limit, us).granted;
	expect([ask(0n), ask(0n), ask(0n)]).toEqual([1, 1, 0]);
	expect(limits.size).toBe(1);
	limits.apply("peek", "a", 1, limit, 1_200_000n);
	expect(limits.size).toBe(0);
	expect(ask(1_200_000n)).toBe(1);
});

test("a share is a part of the rate and of the burst, and one unit at least", () => {
	const limits = new MemoryLimits(memory({ share: 1 / 4 }));
	const limit = gcra({ rate: per(10, 1_000), burst: 20 });
	expect(limits.shareOf(limit)).toMatchObject({ limit: 5, windowMs: 2_000 });
	expect(limits.shareOf(gcra({ rate: per(1, 300 * 86_400_000) }))).toMatchObject({ limit: 1 });
	let allowed = 0;
	for (let us = 0n; us <= 10_000_000n; us += 1_000n)
		allowed += limits.apply("limit", "a", 1, limit, us).granted;
	expect(allowed).toBe(5 + 25);
});
