import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { publish, set } from "@rk/client";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import {
	createPubSub,
	DecodeError,
	EncodeError,
	HandlerTimeoutError,
	type PoisonError,
	SchemaError,
	type WithSchema,
} from "../src/index.ts";
import { adapters, freshName, gate, messagesOn, open, until, upTo } from "./redis.ts";
import "../../../test/context.ts";

interface Order {
	readonly id: number;
}

const orders: StandardSchemaV1<unknown, Order> = {
	"~standard": {
		version: 1,
		vendor: "test",
		validate: (value) =>
			typeof value === "object" && value !== null && "id" in value && typeof value.id === "number"
				? { value: { id: value.id } }
				: { issues: [{ message: "id must be a number" }] },
	},
};

/** The same, but it takes a different time for each. */
const slowOrders: StandardSchemaV1<unknown, Order> = {
	"~standard": {
		...orders["~standard"],
		validate: async (value) => {
			const result = await orders["~standard"].validate(value);
			if (result.issues !== undefined) return result;
			for (let i = 0; i < 5 - result.value.id; i++) await new Promise(setImmediate);
			return result;
		},
	},
};

describe.each(adapters)("over $name", (adapter) => {
	// Broken on purpose: without the catch around #attempt the process died; without the one in #ended it ended in an unhandled rejection.
	test("a handler that throws or rejects misses nothing that comes after, and each is told once", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const channel = freshName();
		const got: unknown[] = [];
		const other: unknown[] = [];
		await messages.subscribe(channel, (message) => {
			got.push(message);
			if (message === 1) throw new Error("thrown");
			if (message === 2) return Promise.reject(new Error("rejected"));
			return undefined;
		});
		await messages.subscribe(channel, (message) => other.push(message));
		for (const message of upTo(5)) await messages.publish(channel, message);
		await until(() => got.length === 5 && other.length === 5);
		expect(got).toEqual([0, 1, 2, 3, 4]);
		expect(other).toEqual([0, 1, 2, 3, 4]);
		expect(messages.errors.map(String)).toEqual(["Error: thrown", "Error: rejected"]);
		await redis.command(set(freshName(), "the port works"));
	});

	// Broken on purpose: without the catch around `then` the process died, and a durable topic gave the same message again and again.
	test("what a handler gives may be a bad promise, and that is its failure", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const channel = freshName();
		const topic = messages.durable(channel);
		const got: unknown[] = [];
		const handler = (message: unknown): unknown => {
			got.push(message);
			const fail = (): never => {
				throw new Error(`then ${message}`);
			};
			// biome-ignore lint/suspicious/noThenProperty: it is what this is about
			if (message === 1) return { then: fail };
			if (message !== 2) return undefined;
			return new Proxy({}, { has: () => true, get: fail });
		};
		const plain = await messages.subscribe(channel, handler);
		for (const message of upTo(4)) await messages.publish(channel, message);
		await until(() => got.includes(3));
		const durable = await topic.subscribe(handler);
		for (const message of upTo(4)) await topic.publish(message);
		await until(() => got.length >= 8 && got.at(-1) === 3);
		expect(got).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
		const told = ["Error: then 1", "Error: then 2"];
		expect(messages.errors.map(String)).toEqual([...told, ...told]);
		for (const one of [plain, durable])
			expect(one.stats()).toMatchObject({ received: 4, failed: 2, waiting: 0 });
	});

	// Broken on purpose: when close() forgot the handlers that run, nobody was told.
	test("what a handler that outlives close() fails with is told", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const channel = freshName();
		const [begun, blocked] = [gate(), gate()];
		await messages.subscribe(channel, async () => {
			begun.open();
			await blocked.opened;
			throw new Error("after the end");
		});
		await messages.publish(channel, 1);
		await begun.opened;
		await messages.close();
		blocked.open();
		await until(() => messages.errors.length > 0);
		expect(messages.errors.map(String)).toEqual(["Error: after the end"]);
	});

	// Broken on purpose: without `watch.begin` the second message never came.
	test("a handler that never ends is given up, told once, and the next message comes", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis, { handlerTimeoutMs: 20 });
		const channel = freshName();
		const got: unknown[] = [];
		const hanging = gate();
		const subscription = await messages.subscribe(channel, (message) => {
			got.push(message);
			if (message !== "hang") return undefined;
			return hanging.opened.then(() => {
				throw new Error("too late to be told");
			});
		});
		await messages.publish(channel, "hang");
		await messages.publish(channel, "next");
		await until(() => got.includes("next"));
		hanging.open();
		await messages.publish(channel, "last");
		await until(() => got.includes("last"));
		expect(got).toEqual(["hang", "next", "last"]);
		expect(messages.errors).toEqual([expect.any(HandlerTimeoutError)]);
		expect(messages.errors[0]).toMatchObject({ channel, timeoutMs: 20 });
		expect(subscription.stats()).toMatchObject({ received: 3, failed: 1, waiting: 0, dropped: 0 });
	});

	test("what a handler threw is told where it happened, and by a process warning where nobody asked", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = createPubSub(redis);
		onTestFinished(() => messages.close());
		const warnings: Error[] = [];
		const heard = (warning: Error): void => void warnings.push(warning);
		process.on("warning", heard);
		onTestFinished(() => void process.off("warning", heard));
		const channel = freshName();
		await messages.subscribe(channel, () => {
			throw new Error("nobody asked");
		});
		await messages.publish(channel, 1);
		await until(() => warnings.length > 0);
		expect(warnings[0]).toMatchObject({ code: "RK_LISTENER_ERROR", message: "nobody asked" });
	});

	test("what goes wrong also goes over the diagnostics channel, whoever else is told", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const channel = freshName();
		const events: unknown[] = [];
		const listener = (event: unknown): void => void events.push(event);
		subscribe("rk:pubsub", listener);
		onTestFinished(() => void unsubscribe("rk:pubsub", listener));
		const poison: unknown[] = [];
		await messages.subscribe(channel, () => {}, {
			onPoison: (error) => {
				poison.push(error);
				throw new Error("and again");
			},
		});
		await redis.command(publish(channel, "{no json"));
		await until(() => events.length > 0);
		expect(events).toEqual([{ channel, pattern: undefined, error: poison[0] }]);
	});

	// Broken on purpose: with `#running` never counted the slow handlers overlapped, and the ends came in another order.
	test("a handler gets the next message when it is done with the one before, however long that took", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const channel = freshName();
		const story: string[] = [];
		await messages.subscribe(channel, async (message) => {
			story.push(`begin ${message}`);
			for (let i = 0; i < 4 - Number(message); i++) await new Promise(setImmediate);
			story.push(`end ${message}`);
		});
		await Promise.all(upTo(4).map((message) => messages.publish(channel, message)));
		await until(() => story.length === 8);
		expect(story).toEqual(upTo(4).flatMap((n) => [`begin ${n}`, `end ${n}`]));
	});

	test("with a concurrency of 3, three messages of a channel are handled at a time and no more", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const channel = freshName();
		const gates = upTo(5).map(gate);
		const begun: unknown[] = [];
		const subscription = await messages.subscribe(
			channel,
			(message) => {
				begun.push(message);
				return gates[Number(message)]?.opened;
			},
			{ concurrency: 3 },
		);
		for (const message of upTo(5)) await messages.publish(channel, message);
		await until(() => subscription.stats().waiting === 2);
		expect(begun).toEqual([0, 1, 2]);
		gates[1]?.open();
		await until(() => begun.length === 4);
		for (const { open } of gates) open();
		await until(() => subscription.stats().received === 5);
		expect(begun).toEqual([0, 1, 2, 3, 4]);
	});

	test("a message that cannot be read is given to onPoison with its bytes, and not to the handler", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const channel = freshName();
		const got: unknown[] = [];
		const poison: PoisonError[] = [];
		const subscription = await messages.subscribe(channel, (message) => got.push(message), {
			onPoison: (error) => poison.push(error),
		});
		await redis.command(publish(channel, "{no json"));
		// Broken on purpose: without isUtf8 this came as a string with U+FFFD in it.
		await redis.command(publish(channel, Buffer.from([0x22, 0xff, 0x22])));
		await messages.publish(channel, "fine");
		await until(() => got.length === 1);
		expect(got).toEqual(["fine"]);
		expect(poison).toEqual([expect.any(DecodeError), expect.any(DecodeError)]);
		expect(poison.map(({ payload }) => payload.toString("latin1"))).toEqual(["{no json", '"ÿ"']);
		expect(subscription.stats()).toMatchObject({ received: 3, poisoned: 2, failed: 0 });
		expect(messages.errors).toEqual([]);
	});

	test("a schema decides what the handler gets; what it refuses is poison", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const channel = freshName();
		const got: Order[] = [];
		await messages.subscribe(channel, (order) => got.push(order), { schema: orders });
		await messages.publish(channel, { id: 1, more: true });
		await messages.publish(channel, { id: "two" });
		await messages.publish(channel, { id: 3 });
		await until(() => got.length === 2);
		expect(got).toEqual([{ id: 1 }, { id: 3 }]);
		expect(messages.errors).toEqual([expect.any(SchemaError)]);
		expect(messages.errors[0]).toMatchObject({
			code: "RK_PUBSUB_SCHEMA",
			issues: [{ message: "id must be a number" }],
			payload: Buffer.from('{"id":"two"}'),
		});
	});

	// Broken on purpose: when #attempt did not wait for the schema's promise, the order was another.
	test("a schema that takes its time does not change the order", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const channel = freshName();
		const got: number[] = [];
		await messages.subscribe(channel, ({ id }) => got.push(id), { schema: slowOrders });
		await Promise.all(upTo(5).map((id) => messages.publish(channel, { id })));
		await until(() => got.length === 5);
		expect(got).toEqual([0, 1, 2, 3, 4]);
	});

	test("a schema that throws or rejects makes poison of the message", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const channel = freshName();
		const failing = (validate: () => Promise<never>): WithSchema<Order> => ({
			schema: { "~standard": { version: 1, vendor: "test", validate } },
		});
		const thrower = failing(() => {
			throw new Error("thrown");
		});
		const rejecter = failing(() => Promise.reject(new Error("rejected")));
		await messages.subscribe(channel, () => expect.fail("handled"), thrower);
		await messages.subscribe(channel, () => expect.fail("handled"), rejecter);
		await messages.publish(channel, { id: 1 });
		await until(() => messages.errors.length === 2);
		expect(messages.errors).toEqual([expect.any(DecodeError), expect.any(DecodeError)]);
	});

	test("a message that the codec cannot encode is refused before anything is sent", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const channel = freshName();
		const got: unknown[] = [];
		await messages.subscribe(channel, (message) => got.push(message));
		const circle: unknown[] = [];
		circle.push(circle);
		for (const message of [undefined, () => {}, 1n, circle])
			await expect(messages.publish(channel, message)).rejects.toThrow(EncodeError);
		await messages.publish(channel, "sent");
		await until(() => got.length > 0);
		expect(got).toEqual(["sent"]);
	});

	test("a codec of one's own makes the bytes, and reads them", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis, {
			codec: {
				encode: (message) => Buffer.from(String(message), "hex"),
				decode: (payload) => payload.toString("hex"),
			},
		});
		const channel = freshName();
		const got: unknown[] = [];
		await messages.subscribe(channel, (message) => got.push(message));
		await messages.publish(channel, "00ff80");
		await until(() => got.length > 0);
		expect(got).toEqual(["00ff80"]);
	});
});
