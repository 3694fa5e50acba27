import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { onAbort } from "../src/index.ts";

// Red (a thousand listeners, and Node.js warns of a leak) when each who waits adds its own.
test("a thousand who wait for one signal share one listener on it, which goes with the last of them", () => {
	const { signal } = new AbortController();
	const offs = Array.from({ length: 1_000 }, () => onAbort(signal, () => {}));
	expect(getEventListeners(signal, "abort")).toHaveLength(1);
	const last = offs.pop();
	for (const off of offs) off();
	expect(getEventListeners(signal, "abort")).toHaveLength(1);
	last?.();
	expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("who took it back is not called, the others are, once", () => {
	const controller = new AbortController();
	const heard: string[] = [];
	onAbort(controller.signal, () => heard.push("a"));
	const off = onAbort(controller.signal, () => heard.push("b"));
	onAbort(controller.signal, () => heard.push("c"));
	off();
	off();
	controller.abort();
	controller.abort();
	expect(heard).toEqual(["a", "c"]);
});

// Red when the audience keeps the listener that it had on the signal before.
test("who comes after all others left is called as well", () => {
	const controller = new AbortController();
	const heard: string[] = [];
	onAbort(controller.signal, () => heard.push("early"))();
	onAbort(controller.signal, () => heard.push("late"));
	controller.abort();
	expect(heard).toEqual(["late"]);
});

test("a listener may take back another's while it is called", () => {
	const controller = new AbortController();
	const heard: string[] = [];
	onAbort(controller.signal, () => off());
	const off = onAbort(controller.signal, () => heard.push("taken back too late"));
	controller.abort();
	expect(heard).toEqual(["taken back too late"]);
});
