import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DeadlineWheel } from "../src/deadline-wheel.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

// Broken on purpose: an interval of a tick, which begins with the first deadline. Some came 26 ms late.
test.each([0, 7, 13])(
	"a deadline fires once, never early, and at most a tick late: begun at %d",
	async (at) => {
		await vi.advanceTimersByTimeAsync(at);
		const wheel = new DeadlineWheel();
		const began = performance.now();
		const fired: number[] = [];
		for (const ms of [1, 14, 19, 20, 21, 100, 1234])
			wheel.add(ms, () => fired.push(performance.now() - began - ms));
		await vi.advanceTimersByTimeAsync(2000);
		expect(fired).toHaveLength(7);
		for (const late of fired) {
			expect(late).toBeGreaterThanOrEqual(0);
			expect(late).toBeLessThanOrEqual(20);
		}
	},
);

test("a deadline that was deleted does not fire, also when another one of the same tick deletes it", async () => {
	const wheel = new DeadlineWheel();
	const fired: string[] = [];
	const first = wheel.add(50, () => fired.push("first"));
	const third = wheel.add(50, () => fired.push("third"));
	wheel.add(50, () => {
		fired.push("second");
		wheel.delete(fourth);
	});
	const fourth = wheel.add(50, () => fired.push("fourth"));
	wheel.delete(first);
	wheel.delete(third);
	await vi.advanceTimersByTimeAsync(200);
	expect(fired).toEqual(["second"]);
});

test("one timer serves all, and none is left when nothing waits", async () => {
	const wheel = new DeadlineWheel();
	const deadlines = Array.from({ length: 1000 }, (_, i) => wheel.add(10 + i, () => {}));
	expect(vi.getTimerCount()).toBe(1);
	for (const deadline of deadlines) wheel.delete(deadline);
	await vi.advanceTimersByTimeAsync(100);
	expect(vi.getTimerCount()).toBe(0);
	let fired = false;
	wheel.add(10, () => {
		fired = true;
	});
	await vi.advanceTimersByTimeAsync(100);
	expect(fired).toBe(true);
	expect(vi.getTimerCount()).toBe(0);
});

test("a deadline set while others fire is kept", async () => {
	const wheel = new DeadlineWheel();
	const fired: string[] = [];
	wheel.add(10, () => {
		fired.push("outer");
		wheel.add(1, () => fired.push("inner"));
	});
	await vi.advanceTimersByTimeAsync(200);
	expect(fired).toEqual(["outer", "inner"]);
});

test("closing ends all that are left, each once", async () => {
	const wheel = new DeadlineWheel();
	const ended: string[] = [];
	wheel.add(10, (why) => ended.push(`first ${why}`));
	const second = wheel.add(500, (why) => {
		ended.push(`second ${why}`);
		wheel.delete(third);
	});
	const third = wheel.add(500, (why) => ended.push(`third ${why}`));
	await vi.advanceTimersByTimeAsync(100);
	expect(wheel.empty).toBe(false);
	wheel.close();
	expect(ended).toEqual(["first late", "second closed"]);
	expect(wheel.empty).toBe(true);
	wheel.delete(second); // red (one less than none) when what is off the wheel is taken off again
	expect(wheel.empty).toBe(true);
	await vi.advanceTimersByTimeAsync(1000);
	expect(ended).toHaveLength(2);
	expect(vi.getTimerCount()).toBe(0);
});
