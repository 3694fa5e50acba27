import { describe, expect, test } from "vitest";
import { createPubSub } from "../src/index.ts";
import { adapters, messagesOn, open, proxiedServer } from "./redis.ts";

const server = await proxiedServer();

const invalid = (argument: string): unknown =>
	expect.objectContaining({ code: "RK_INVALID_ARGUMENT", argument });

describe.each(adapters)("over $name", (adapter) => {
	test.each([
		["codec.encode", { codec: {} }],
		["codec.decode", { codec: { encode: () => "" } }],
		["onError", { onError: "log" }],
		["maxQueue", { maxQueue: 0 }],
		["maxQueue", { maxQueue: 1.5 }],
		["overflow", { overflow: "block" }],
		["handlerTimeoutMs", { handlerTimeoutMs: 0 }],
		["handlerTimeoutMs", { handlerTimeoutMs: 2 ** 31 }],
		["prefix", { prefix: "" }],
		["clock", { clock: 1 }],
		["queue", { queue: 7 }],
	])("createPubSub refuses an option, and names it: %s (%o)", async (argument, options) => {
		const redis = await open(adapter, server.url);
		expect(() => Reflect.apply(createPubSub, undefined, [redis, options])).toThrow(invalid(argument));
	});

	test.each([undefined, null, "redis://localhost", { command: () => {} }])(
		"createPubSub refuses what is no port: %o",
		(redis) => {
			expect(() => Reflect.apply(createPubSub, undefined, [redis])).toThrow(invalid("redis"));
		},
	);

	test("what a call cannot take is refused by name, and nothing is sent", async () => {
		const redis = await open(adapter, server.url);
		const messages = messagesOn(redis);
		const topic = messages.durable("topic");
		server.proxy.forget();
		const handler = (): void => {};
		const call = async (
			on: object,
			name: string,
			args: readonly unknown[],
			argument: string,
		): Promise<void> => {
			const attempt = async (): Promise<unknown> => Reflect.apply(Reflect.get(on, name), on, args);
			await expect(attempt(), `${name}(${args})`).rejects.toEqual(invalid(argument));
		};
		await call(messages, "publish", ["", 1], "channel");
		await call(messages, "publish", ["c", 1, { shard: true }], "shard");
		await call(messages, "publish", ["c", 1, { sharded: 1 }], "sharded");
		await call(messages, "subscribe", [[], handler], "channels");
		await call(messages, "subscribe", [["a", 1], handler], "channels");
		await call(messages, "subscribe", ["", handler], "channels");
		await call(messages, "subscribe", ["c", "handler"], "handler");
		await call(messages, "subscribe", ["c", handler, { concurrency: 0 }], "concurrency");
		await call(messages, "subscribe", ["c", handler, { onPoison: 1 }], "onPoison");
		await call(messages, "subscribe", ["c", handler, { onGap: 1 }], "onGap");
		await call(messages, "subscribe", ["c", handler, { schema: {} }], "schema");
		await call(messages, "subscribe", ["c", handler, { signal: {} }], "signal");
		await call(messages, "subscribe", ["c", handler, { group: "g" }], "group");
		await call(messages, "psubscribe", ["c", handler, { sharded: true }], "sharded");
		await call(messages, "psubscribe", [7, handler], "patterns");
		await call(messages, "iterate", [[]], "channels");
		await call(messages, "iterate", ["c", { concurrency: 2 }], "concurrency");
		await call(messages, "durable", [""], "name");
		await call(messages, "durable", ["t", { maxLen: 0 }], "maxLen");
		await call(messages, "durable", ["t", { schema: "zod" }], "schema");
		await call(messages, "durable", ["t", { ttlMs: 1 }], "ttlMs");
		await call(topic, "subscribe", [7], "handler");
		await call(topic, "subscribe", [handler, { from: "old" }], "from");
		await call(topic, "subscribe", [handler, { from: "1" }], "from");
		await call(topic, "subscribe", [handler, { name: "" }], "name");
		await call(topic, "subscribe", [handler, { onLoss: 1 }], "onLoss");
		await call(topic, "subscribe", [handler, { onReset: 1 }], "onReset");
		await call(topic, "subscribe", [handler, { concurrency: 2 }], "concurrency");
		await call(messages, "close", [{ drainMs: -1 }], "drainMs");
		expect(server.proxy.commands()).toEqual([]);
	});
});
