import { expect, test } from "vitest";
import { closed } from "../src/patience.ts";
import { type Waiter, WaitingLine } from "../src/routes.ts";

const COUNT = 10_000;

/** Counts how often somebody looks whether a waiter has given up. */
function counted(over: boolean): { looks: number; waiter(): Waiter } {
	const counter = {
		looks: 0,
		waiter: (): Waiter => ({
			get over() {
				counter.looks += 1;
				return over;
			},
			go: () => {},
			fail: () => {},
		}),
	};
	return counter;
}

// Red (50 million looks) when the line is gone through for each one who comes: that would block the process in an outage.
test("who comes to a long line costs no more than who comes to a short one", () => {
	const line = new WaitingLine();
	const patient = counted(false);
	for (let i = 0; i < COUNT; i++) line.add(patient.waiter());
	expect(patient.looks).toBeLessThan(10 * COUNT);
});

// Red (10 000 are left) when the line is only gone through once the connection is back.
test("those who gave up are forgotten though the connection stays away", () => {
	const line = new WaitingLine();
	const gone = counted(true);
	for (let i = 0; i < COUNT; i++) line.add(gone.waiter());
	gone.looks = 0;
	line.fail(closed); // looks at each who is left
	expect(gone.looks).toBeLessThan(100);
});
