import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Deadlines } from "../src/deadlines.ts";

beforeEach(() => {
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
	vi.useRealTimers();
});

const deadlines = (): { ended: string[]; add: (name: string, ms: number) => () => void } => {
	const ended: string[] = [];
	const all = new Deadlines();
	return { ended, add: (name, ms) => all.add(ms, () => ended.push(name)) };
};

// Broken on purpose: where each deadline makes a group of its own, there are as many timers.
test("deadlines of one turn that are equally far off share a timer, and end at their time", () => {
	const { ended, add } = deadlines();
	for (let i = 0; i < 100; i++) add(`${i}`, 40);
	add("sooner", 10);
	expect(vi.getTimerCount()).toBe(2);
	vi.advanceTimersByTime(39);
	expect(ended).toEqual(["sooner"]);
	vi.advanceTimersByTime(1);
	expect(ended).toHaveLength(101);
	expect(vi.getTimerCount()).toBe(0);
});

// Broken on purpose: where Deadlines keeps its groups when the turn is over, the second ends as soon as the first.
test("one of a later turn has its own whole time", async () => {
	const { ended, add } = deadlines();
	add("first", 40);
	vi.advanceTimersByTime(30);
	await new Promise((resolve) => process.nextTick(resolve)); // the turn is over
	add("second", 40);
	vi.advanceTimersByTime(39);
	expect(ended).toEqual(["first"]);
	vi.advanceTimersByTime(1);
	expect(ended).toEqual(["first", "second"]);
});

// Broken on purpose: without clearTimeout the timer stays when the last is taken back.
test("what is taken back does not end, and leaves no timer when it was the last", async () => {
	const { ended, add } = deadlines();
	const one = add("one", 40);
	const other = add("other", 40);
	one();
	one(); // once more does nothing
	expect(vi.getTimerCount()).toBe(1);
	other();
	expect(vi.getTimerCount()).toBe(0);
	add("of the same turn, after that", 40);
	vi.advanceTimersByTime(40);
	expect(ended).toEqual(["of the same turn, after that"]);
	other(); // too late
	expect(ended).toHaveLength(1);
});
