import { expect, test } from "vitest";
import type { Link } from "../src/driver.ts";
import { closed } from "../src/patience.ts";
import { type Resent, type Waiter, WaitingLine } from "../src/routes.ts";

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

const link: Link = {
	node: "127.0.0.1:6379",
	state: "ready",
	send: () => Promise.reject(new Error("not here")),
	sendTogether: () => [],
	onState: () => () => {},
};

/** Those who are sent write their names down; a refused one has its reply when `answer` is called. */
function names(): { log: string[]; answer(): void; named(name: string, over?: boolean): Resent } {
	const log: string[] = [];
	const answers: Array<() => void> = [];
	const named = (name: string, over = false): Resent => ({
		over,
		go: () => {
			log.push(name);
			return new Promise((resolve) => answers.push(resolve));
		},
		fail: () => log.push(`${name} failed`),
	});
	return { log, answer: () => answers.shift()?.(), named };
}

// Broken on purpose: serve() not looking whether the first has its reply. "later" came second.
test("who comes while scripts are sent again waits behind all who were refused", async () => {
	const { log, answer, named } = names();
	const line = new WaitingLine();
	const sent = line.resend(named("first"), link);
	line.add(named("later"));
	line.serve(link);
	void line.resend(named("second"), link);
	void line.resend(named("gave up", true), link);
	expect(log).toEqual(["first"]);
	expect(line.empty).toBe(false);
	answer();
	await sent;
	line.serve(link);
	expect(log).toEqual(["first", "second", "later"]);
	expect(line.empty).toBe(true);
});

test("who was refused on a connection that is down by then goes first on the next one", () => {
	const { log, named } = names();
	const line = new WaitingLine();
	line.add(named("later"));
	void line.resend(named("first"), { ...link, state: "down" });
	void line.resend(named("second"), { ...link, state: "down" });
	line.serve(link);
	expect(log).toEqual(["first", "second", "later"]);
});

test("the end of the port is the end of those who were refused", () => {
	const { log, named } = names();
	const line = new WaitingLine();
	void line.resend(named("first"), link);
	void line.resend(named("second"), link);
	line.fail(closed);
	expect(log).toEqual(["first", "second failed"]);
});
