import { expect, onTestFinished, test, vi } from "vitest";
import type { OwnLink } from "../src/index.ts";
import { ConnectionError } from "../src/index.ts";
import { type Topic, TopicLane } from "../src/topic-lane.ts";

const COUNT = 1_000;

/** A connection whose server confirms everything. */
const willing: OwnLink = {
	node: "a:1",
	state: "ready",
	send: async () => "PONG",
	sendTogether: () => [],
	onState: () => () => {},
	onMessage: () => {},
	onShardMoved: () => {},
	subscribe: async () => {},
	unsubscribe: async () => {},
	destroy: () => {},
};

// Red (a look at each of a thousand topics, at each of two thousand changes) when a step goes through all that is wanted.
test("a change costs the same whether one topic is subscribed or a thousand", async () => {
	const look = vi.spyOn(Map.prototype, "get");
	onTestFinished(() => look.mockRestore());
	let confirmed = (): void => {};
	const lane = new TopicLane({
		open: async () => willing,
		fault: (error) => new ConnectionError(String(error), "unknown"),
		onMessage: () => {},
		confirmed: () => confirmed(),
		lost: () => {},
		relocate: async () => {},
	});
	const topic = (name: string): Topic => ({
		id: name,
		kind: "channel",
		name,
		redirections: 0,
		waiters: new Map(),
	});
	const subscribed = (name: string): Promise<void> =>
		new Promise((resolve) => {
			confirmed = resolve;
			lane.want(topic(name));
		});
	for (let i = 0; i < COUNT; i++) await subscribed(`${i}`);
	for (let i = 1; i < COUNT; i++) await lane.release(`${i}`);
	expect(lane.has("0")).toBe(true);
	expect(lane.has("1")).toBe(false);
	expect(look.mock.calls.length).toBeLessThan(50 * COUNT);
	lane.close();
});
