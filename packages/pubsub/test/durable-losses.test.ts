import { setTimeout as sleep } from "node:timers/promises";
import { hset, type RedisPort, raw, set, xadd, xlen, xrange, xtrim } from "@rk/client";
import { describe, expect, inject, test } from "vitest";
import { cursorKey, namesOf } from "../src/durable/names.ts";
import { type MessageLossError, TopicResetError } from "../src/index.ts";
import { adapters, freshName, messagesOn, open, ownServer, until, upTo } from "./redis.ts";
import "../../../test/context.ts";

/** What FLUSHALL is done to. */
const own = await ownServer();

describe.each(adapters)("over $name", (adapter) => {
	// Broken on purpose: with `- 1` left out of the count in #replay the sum was wrong.
	test("what was trimmed before it could be read is told, and counted exactly", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const name = freshName();
		const topic = messages.durable(name, { maxLen: 50 });
		const got: number[] = [];
		const losses: MessageLossError[] = [];
		const options = { name: "reports", onLoss: (loss: MessageLossError) => void losses.push(loss) };
		const handler = (message: unknown): void => void got.push(Number(message));
		const first = await topic.subscribe(handler, options);
		for (const message of upTo(10)) await topic.publish(message);
		await until(() => got.length === 10);
		await first.unsubscribe();
		await Promise.all(upTo(1_000).map((n) => topic.publish(10 + n)));
		const kept = await redis.command(xlen(namesOf("pubsub", name).stream));
		expect(kept).toBeGreaterThanOrEqual(50);
		expect(kept).toBeLessThan(500);
		got.length = 0;
		const second = await topic.subscribe(handler, options);
		await until(() => got.includes(1_009));
		expect(got).toEqual(upTo(kept).map((n) => 1_010 - kept + n));
		expect(losses.map(({ count }) => count)).toEqual([1_000 - kept]);
		expect(second.stats().lost).toBe(1_000 - kept);
		expect(messages.errors).toEqual([]);
	});

	// Broken on purpose: with a beginning that had no count nobody was told.
	test("what is trimmed before a new subscriber to all had it is counted too", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const topic = messages.durable(freshName());
		const stream = namesOf("pubsub", topic.name).stream;
		for (const message of upTo(10)) await topic.publish(message);
		await redis.command(xtrim(stream, { maxLength: 8, exact: true }));
		const options = { name: "reports", from: "all" };
		const begun: unknown[] = [];
		const handler = (message: unknown): Promise<void> => {
			begun.push(message);
			return new Promise(() => {});
		};
		const cut = await topic.subscribe(handler, options);
		await until(() => begun.length === 1);
		await cut.unsubscribe();
		expect(begun).toEqual([2]);
		expect(cut.stats().lost).toBe(0);
		await redis.command(xtrim(stream, { maxLength: 3, exact: true }));
		const got: unknown[] = [];
		await topic.subscribe((message) => got.push(message), options);
		await until(() => got.length === 3);
		expect(got).toEqual([7, 8, 9]);
		expect(messages.errors).toMatchObject([{ code: "RK_PUBSUB_LOSS", count: 5 }]);
	});

	// Broken on purpose: without the look at #closed after lost() the handler got a message.
	test("a subscriber that is told of a loss may end there, and gets no more", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const topic = messages.durable(freshName());
		const first = await topic.subscribe(() => {}, { name: "reports" });
		await first.unsubscribe();
		for (const message of upTo(5)) await topic.publish(message);
		await redis.command(xtrim(namesOf("pubsub", topic.name).stream, { maxLength: 2, exact: true }));
		const [got, told]: [unknown[], unknown[]] = [[], []];
		const ending = new AbortController();
		const onLoss = (loss: MessageLossError): void => {
			told.push(loss.count);
			ending.abort();
		};
		await topic.subscribe((m) => got.push(m), { name: "reports", signal: ending.signal, onLoss });
		await until(() => told.length === 1);
		const again = await topic.subscribe((m) => got.push(m), { name: "reports", onLoss: () => {} });
		await until(() => got.length === 2);
		expect(got).toEqual([3, 4]);
		expect(again.stats()).toMatchObject({ received: 2, lost: 3 });
	});

	test("an id that is no longer kept is told as a loss of nobody knows how many", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const name = freshName();
		const topic = messages.durable(name);
		const ids: string[] = [];
		for (const message of upTo(10)) ids.push(await topic.publish(message));
		await redis.command(xtrim(namesOf("pubsub", name).stream, { maxLength: 4, exact: true }));
		const got: unknown[] = [];
		await topic.subscribe((message) => got.push(message), { from: ids[1] ?? "" });
		await until(() => got.length === 4);
		expect(got).toEqual([6, 7, 8, 9]);
		expect(messages.errors).toMatchObject([
			{ code: "RK_PUBSUB_LOSS", channel: name, count: undefined, nextId: ids[6] },
		]);
		// All that is kept is all there is to be had: nothing of it is lost.
		const all: unknown[] = [];
		await topic.subscribe((message) => all.push(message), { from: "all" });
		await until(() => all.length === 4);
		expect(messages.errors).toHaveLength(1);
	});

	// Broken on purpose: without the epoch in read.lua's comparison the subscriber that was away never got those of the new life.
	test("after FLUSHALL the topic begins anew: that is told, and what is published then is not taken for old", async () => {
		const redis = await open(adapter, own.url);
		const messages = messagesOn(redis);
		const topic = messages.durable(freshName());
		const got: unknown[] = [];
		const resets: TopicResetError[] = [];
		const subscription = await topic.subscribe((message) => got.push(message), {
			name: "reports",
			onReset: (reset) => resets.push(reset),
		});
		for (const message of upTo(5)) await topic.publish(message);
		await until(() => got.length === 5);
		await redis.command(raw(["FLUSHALL"]));
		for (const message of ["a", "b", "c"]) await topic.publish(message);
		await until(() => got.length === 8);
		expect(got.slice(5)).toEqual(["a", "b", "c"]);
		expect(resets).toEqual([expect.any(TopicResetError)]);
		expect(subscription.stats().lost).toBe(0);
		// A subscriber that was away meanwhile: its stored cursor is of the old life.
		await subscription.unsubscribe();
		await redis.command(raw(["FLUSHALL"]));
		for (const message of ["anew 1", "anew 2"]) await topic.publish(message);
		await redis.command(set(cursorKey("pubsub", topic.name, "reports"), "5-0 another 1"));
		const late: unknown[] = [];
		await topic.subscribe((message) => late.push(message), { name: "reports" });
		await until(() => late.length === 2);
		expect(late).toEqual(["anew 1", "anew 2"]);
		expect(messages.errors).toEqual([expect.any(TopicResetError)]);
	});

	describe.each([
		["are fewer than it had", 2, false],
		["are as many, with ids that it has passed", 3, false],
		["are more, with ids behind those it had", 5, true],
	])("when a failover lost messages, and those in their places %s", (_case, others, later) => {
		// Broken on purpose: without one of the comparisons of counts in read.lua the first or the second never came; without that in #replay nobody told of the third.
		test("the subscriber is told, and gets all there is", async () => {
			const redis = await open(adapter, own.url);
			const messages = messagesOn(redis);
			const topic = messages.durable(freshName());
			const got: unknown[] = [];
			await topic.subscribe((message) => got.push(message), { name: "reports", from: "all" });
			for (const message of upTo(6)) {
				await topic.publish(message);
				await sleep(2); // in a millisecond of its own: others in their places must not get the very same ids
			}
			await until(() => got.length === 6);
			await messages.close();
			await setBackTo(redis, topic.name, 3, others, later);
			const after: unknown[] = [];
			const next = messagesOn(redis);
			await next.durable(topic.name).subscribe((message) => after.push(message), { name: "reports" });
			await until(() => after.includes(`other ${others - 1}`));
			expect(next.errors).toEqual([expect.any(TopicResetError)]);
			const tail = [0, 1, 2, ...upTo(others).map((n) => `other ${n}`)];
			expect(after.slice(-tail.length)).toEqual(tail);
		});
	});
});

/** Makes the topic what a replica would have made of it that had only `kept` messages, and then got others. */
async function setBackTo(
	redis: RedisPort,
	name: string,
	kept: number,
	others: number,
	later: boolean,
): Promise<void> {
	const { stream, state } = namesOf("pubsub", name);
	const entries = await redis.command(xrange(stream, "-", "+"));
	const place = entries[kept - 1]?.[0] ?? expect.fail("not so many messages");
	const [ms = "", sequence = ""] = place.split("-");
	const epoch = entries[0]?.[1][1]?.[1] ?? "";
	await redis.command(xtrim(stream, { maxLength: 0, exact: true }));
	await redis.command(raw(["DEL", stream]));
	for (const [id, fields] of entries.slice(0, kept)) await redis.command(xadd(stream, fields, { id }));
	for (const n of upTo(others)) {
		const fields = Object.entries({
			count: String(kept + n + 1),
			epoch,
			message: JSON.stringify(`other ${n}`),
		});
		const id = later ? `${Number(ms) + 60_000}-${n}` : `${ms}-${Number(sequence) + n + 1}`;
		await redis.command(xadd(stream, fields, { id }));
	}
	await redis.command(hset(state, "count", String(kept + others)));
}
