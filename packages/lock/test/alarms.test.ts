import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Alarms } from "../src/alarms.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

test("alarms ring when they are due, and not those that were taken back", () => {
	const alarms = new Alarms();
	const rung: string[] = [];
	alarms.add(25, () => rung.push("second"));
	alarms.add(5, () => rung.push("first"));
	alarms.delete(alarms.add(15, () => rung.push("never")));
	alarms.add(5_000, () => rung.push("last"));
	vi.advanceTimersByTime(4);
	expect(rung).toEqual([]);
	vi.advanceTimersByTime(11);
	expect(rung).toEqual(["first"]);
	vi.advanceTimersByTime(4_000);
	expect(rung).toEqual(["first", "second"]);
	vi.advanceTimersByTime(1_100);
	expect(rung).toEqual(["first", "second", "last"]);
	expect(vi.getTimerCount()).toBe(0);
});

test("an alarm may set others, which ring in their turn", () => {
	const alarms = new Alarms();
	const rung: number[] = [];
	const again = (): void => {
		rung.push(performance.now());
		if (rung.length < 3) alarms.add(0, again);
	};
	alarms.add(0, again);
	vi.advanceTimersByTime(100);
	expect(rung).toHaveLength(3);
	expect(new Set(rung).size).toBe(3);
});

// Broken on purpose: all ticks that have passed are looked at, ten milliseconds each (RangeError: there are too many for an array).
test("after a pause of years an alarm rings at once", () => {
	const alarms = new Alarms();
	const ring = vi.fn();
	alarms.add(10_000, ring);
	const years = 5 * 365 * 24 * 3_600_000;
	vi.spyOn(performance, "now").mockImplementation(() => years);
	vi.advanceTimersByTime(1_000);
	expect(ring).toHaveBeenCalledOnce();
});

// Broken on purpose: a tick is forgotten before its alarms ring (the second rings as well).
test("an alarm may take back another of the same moment", () => {
	const alarms = new Alarms();
	const ring = vi.fn();
	alarms.add(5, () => alarms.delete(second));
	const second = alarms.add(5, ring);
	vi.advanceTimersByTime(100);
	expect(ring).not.toHaveBeenCalled();
	expect(vi.getTimerCount()).toBe(0);
});
