import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { instant, systemClock } from "../src/clock.ts";
import { Errands } from "../src/errands.ts";
import { Events } from "../src/events.ts";
import { HeldLock } from "../src/held-lock.ts";
import { Holdings } from "../src/holdings.ts";
import { resolveLocksOptions } from "../src/options.ts";
import type { Stake } from "../src/stake.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance", "Date", "setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

// Broken on purpose: each asks when it is due (in 201 turns of the event loop instead of 21).
test("many locks of one process are extended in few turns, though each is due at a time of its own", async () => {
	const moments: number[] = [];
	const stake: Stake = {
		extend: async () => {
			moments.push(performance.now());
			return "held";
		},
		release: async () => "held",
	};
	const ttlMs = 30_000;
	let dice = 0;
	const random = (): number => (dice++ % 500) / 500;
	const holdings = new Holdings(resolveLocksOptions({ ttlMs, random }), new Events(undefined), new Errands());
	const locks = Array.from({ length: 500 }, (_, n) => {
		const now = instant(systemClock);
		const granted = { key: `k${n}`, token: `t${n}`, fence: undefined, meta: "", ttlMs, since: now, at: now };
		return new HeldLock(granted, stake, holdings);
	});
	await vi.advanceTimersByTimeAsync(ttlMs / 3 + 1_200);
	expect(moments).toHaveLength(locks.length);
	expect(new Set(moments).size).toBeLessThanOrEqual(22);
	await vi.advanceTimersByTimeAsync(10 * ttlMs);
	expect(locks.every((lock) => lock.isHeld())).toBe(true);
	holdings.close();
});
