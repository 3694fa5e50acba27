import { stat } from "node:fs/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { CoarseClock } from "../src/coarse-clock.ts";

// Broken on purpose: where the clock forgets by a timer, the older timer meets the time of before, as after a process stood still.
test("the time is the same within a turn of the event loop, and read anew before any timer of the next", async () => {
	const system = vi.spyOn(Date, "now").mockReturnValue(1_000);
	onTestFinished(() => system.mockRestore());
	const clock = new CoarseClock();
	await stat("."); // from here on it is a turn's input and output, which comes after its timers
	const later = new Promise((resolve) => setTimeout(() => resolve(clock.now()), 1));
	expect(clock.now()).toBe(1_000);
	system.mockReturnValue(31_000);
	expect(clock.now()).toBe(1_000);
	expect(await later).toBe(31_000);
});
