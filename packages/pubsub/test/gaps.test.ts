import { startServer, type TestServer } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MessageGapError } from "../src/index.ts";
import { adapters, freshName, gate, listenersOf, messagesOn, open, until } from "./redis.ts";

let server: TestServer;
beforeAll(async () => {
	server = await startServer({ owned: true });
});
afterAll(() => server.stop());

describe.each(adapters)("over $name", (adapter) => {
	// Broken on purpose: without `onGap` in Feed's request nobody was told.
	test("after a reconnection the subscription goes on, and tells since when messages may have been missed", async () => {
		const redis = await open(adapter, server.url);
		const messages = messagesOn(redis);
		const [channel, other] = [freshName(), freshName()];
		const gaps: MessageGapError[] = [];
		const got: unknown[] = [];
		const subscription = await messages.subscribe(channel, (message) => got.push(message), {
			onGap: (gap) => gaps.push(gap),
		});
		await messages.psubscribe(`${other}*`, (_pattern, _channel, message) => got.push(message));
		const before = Date.now();
		await server.killClients("pubsub");
		await until(() => gaps.length === 1 && messages.errors.length === 1);
		expect(gaps[0]).toMatchObject({ code: "RK_PUBSUB_GAP", channel });
		expect(gaps[0]?.lostAt).toBeGreaterThanOrEqual(before - 1);
		expect(gaps[0]?.resumedAt).toBeGreaterThanOrEqual(gaps[0]?.lostAt ?? 0);
		expect(subscription.stats().gaps).toBe(1);
		// Who did not ask for gaps is told of them as of an error.
		expect(messages.errors).toEqual([expect.any(MessageGapError)]);
		expect(messages.errors[0]).toMatchObject({ channel: `${other}*` });
		expect(await listenersOf(redis, channel)).toBe(1);
		await messages.publish(channel, 1);
		await messages.publish(other, 2);
		await until(() => got.length === 2);
	});

	test("when the port is closed all subscriptions end, and nothing tries again", async () => {
		const redis = await open(adapter, server.url);
		const messages = messagesOn(redis, { maxQueue: 1, overflow: "pause" });
		const channel = freshName();
		const blocked = gate();
		await messages.subscribe(channel, () => blocked.opened);
		const topic = messages.durable(freshName());
		await topic.subscribe(() => blocked.opened, { name: "reports" });
		for (const n of [1, 2]) {
			await messages.publish(channel, n);
			await topic.publish(n);
		}
		await redis.close();
		blocked.open();
		await until(() => messages.errors.length > 0);
		await messages.close();
		for (const error of messages.errors) expect(error).toMatchObject({ code: "RK_CLOSED" });
	});
});
