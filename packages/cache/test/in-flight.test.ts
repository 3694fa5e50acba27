import { expect, test } from "vitest";
import { InFlight } from "../src/in-flight.ts";

/** As in-flight.ts has it. */
const REMEMBERED = 5_000;

// Broken on purpose: where an invalidation counts for what begins after it, the last line; where none is remembered, the first.
test("what began before its key was invalidated is fenced, what begins afterwards is not", () => {
	const inFlight = new InFlight(true);
	const [before, other] = [inFlight.enter("k"), inFlight.enter("other")];
	inFlight.cut("k");
	const after = inFlight.enter("k");
	expect(before.fenced).toBe(true);
	expect(other.fenced).toBe(false);
	expect(after.fenced).toBe(false);
	inFlight.cutAll();
	expect([other.fenced, after.fenced, inFlight.enter("k").fenced]).toEqual([true, true, false]);
});

// Broken on purpose: where leave() forgets what it was told, false; where it counts twice, what is still under way misses the second cut.
test("it is told once, when it is over, and for good", () => {
	const inFlight = new InFlight(true);
	const [first, second] = [inFlight.enter("k"), inFlight.enter("k")];
	inFlight.cut("k");
	first.leave();
	first.leave();
	const third = inFlight.enter("k");
	second.leave();
	inFlight.cut("k");
	third.leave();
	const late = inFlight.enter("k");
	late.leave();
	inFlight.cut("k");
	expect([first.fenced, second.fenced, third.fenced, late.fenced]).toEqual([true, true, true, false]);
});

// Broken on purpose: where the oldest is forgotten and nothing else, the first is not fenced.
test("of more invalidations than are remembered, every key counts as one", () => {
	const inFlight = new InFlight(true);
	const [first, unharmed] = [inFlight.enter("k 0"), inFlight.enter("another")];
	for (let i = 0; i < REMEMBERED; i++) inFlight.cut(`k ${i}`);
	const later = inFlight.enter("another");
	for (let i = 1; i < REMEMBERED; i++) inFlight.cut(`more ${i}`);
	expect([first.fenced, unharmed.fenced, later.fenced]).toEqual([true, false, false]);
	inFlight.cut("the last of the second generation");
	expect([first.fenced, unharmed.fenced, later.fenced, inFlight.enter("k 0").fenced]).toEqual([
		true,
		true,
		false,
		false,
	]);
});

test("without memory nothing is fenced", () => {
	const inFlight = new InFlight(false);
	const fence = inFlight.enter("k");
	inFlight.cut("k");
	inFlight.cutAll();
	expect(fence.fenced).toBe(false);
});
