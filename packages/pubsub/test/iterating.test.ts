import { describe, expect, inject, test } from "vitest";
import { OverflowError } from "../src/index.ts";
import { adapters, freshName, listenersOf, messagesOn, open, until, upTo } from "./redis.ts";
import "../../../test/context.ts";

describe.each(adapters)("over $name", (adapter) => {
	// Broken on purpose: with the listening made in the iterator's constructor, NUMSUB was 1 before the loop.
	test("a loop subscribes when it begins, gets each message in order, and unsubscribes when it ends", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const channel = freshName();
		const iterable = messages.iterate(channel);
		const unused = iterable[Symbol.asyncIterator]();
		expect(await listenersOf(redis, channel)).toBe(0);
		expect(await unused.return?.()).toEqual({ done: true, value: undefined });
		expect(await unused.next()).toEqual({ done: true, value: undefined });
		const got: unknown[] = [];
		const looping = (async () => {
			for await (const { message, channel: from } of iterable) {
				got.push([from, message]);
				await new Promise(setImmediate);
				if (message === 4) break;
			}
		})();
		await until(async () => (await listenersOf(redis, channel)) === 1);
		for (const message of upTo(10)) await messages.publish(channel, message);
		await looping;
		expect(got).toEqual(upTo(5).map((message) => [channel, message]));
		expect(await listenersOf(redis, channel)).toBe(0);
	});

	test("a loop that throws unsubscribes", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const channel = freshName();
		const looping = (async () => {
			for await (const { message } of messages.iterate(channel)) throw new Error(`at ${message}`);
		})();
		const thrown = expect(looping).rejects.toThrow("at 1");
		await until(async () => (await listenersOf(redis, channel)) === 1);
		await messages.publish(channel, 1);
		await thrown;
		expect(await listenersOf(redis, channel)).toBe(0);
	});

	test("a loop ends when its signal aborts, or the messages are closed, though no further message comes", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const [first, second] = [freshName(), freshName()];
		const controller = new AbortController();
		const got: unknown[] = [];
		const loop = async (channel: string, signal?: AbortSignal): Promise<string> => {
			for await (const { message } of messages.iterate(channel, signal ? { signal } : {})) got.push(message);
			return "ended";
		};
		const loops = [loop(first, controller.signal), loop(second)];
		await until(async () => (await listenersOf(redis, first)) + (await listenersOf(redis, second)) === 2);
		// The server has them; with a message each loop has begun.
		await Promise.all([messages.publish(first, 1), messages.publish(second, 1)]);
		await until(() => got.length === 2);
		controller.abort();
		expect(await loops[0]).toBe("ended");
		await messages.close();
		expect(await loops[1]).toBe("ended");
		await until(async () => (await listenersOf(redis, first)) + (await listenersOf(redis, second)) === 0);
	});

	test("return() ends a next() that waits", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const channel = freshName();
		const iterator = messages.iterate(channel)[Symbol.asyncIterator]();
		const waiting = [iterator.next(), iterator.next()];
		await until(async () => (await listenersOf(redis, channel)) === 1);
		await iterator.return?.();
		expect(await Promise.all(waiting)).toEqual(upTo(2).map(() => ({ done: true, value: undefined })));
	});

	// Broken on purpose: without the catch in #open both threw that the subscription was ended while it was made.
	test("return() while it still subscribes ends a next() as well, and leaves nothing", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const channel = freshName();
		const iterator = messagesOn(redis).iterate(channel)[Symbol.asyncIterator]();
		const waiting = [iterator.next(), iterator.next()];
		await iterator.return?.();
		expect(await Promise.all(waiting)).toEqual(upTo(2).map(() => ({ done: true, value: undefined })));
		await until(async () => (await listenersOf(redis, channel)) === 0);
	});

	test("a loop that is slow is no reason to give a message up, and with overflow: error it throws after what came", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis, { maxQueue: 2, overflow: "error", handlerTimeoutMs: 1 });
		const channel = freshName();
		const iterator = messages.iterate(channel)[Symbol.asyncIterator]();
		const first = iterator.next();
		await until(async () => (await listenersOf(redis, channel)) === 1);
		for (const message of upTo(6)) await messages.publish(channel, message);
		const got = [(await first).value?.message];
		await until(async () => (await listenersOf(redis, channel)) === 0);
		for (let i = 0; i < 3; i++) got.push((await iterator.next()).value?.message);
		expect(got).toEqual([0, 1, 2, 3]);
		await expect(iterator.next()).rejects.toThrow(OverflowError);
		expect(await iterator.next()).toEqual({ done: true, value: undefined });
		expect(messages.errors).toEqual([expect.any(OverflowError)]);
	});
});
