import { type Command, exists, get, type RedisPort, raw, xadd } from "@rk/client";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe, expect, inject, test } from "vitest";
import { cursorKey, namesOf } from "../src/durable/names.ts";
import { read } from "../src/durable/scripts.ts";
import { createPubSub, DecodeError, EncodeError, SchemaError } from "../src/index.ts";
import { adapters, freshName, gate, messagesOn, open, ownServer, until, upTo } from "./redis.ts";
import "../../../test/context.ts";

/** Whose users are changed. */
const own = await ownServer();

const even: StandardSchemaV1<number, string> = {
	"~standard": {
		version: 1,
		vendor: "test",
		validate: (value) =>
			typeof value === "number" && value % 2 === 0
				? { value: `even ${value}` }
				: { issues: [{ message: "must be even" }] },
	},
};

describe.each(adapters)("over $name", (adapter) => {
	test("a subscriber gets what is published from now on, all that is kept, or what came behind an id", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const topic = messagesOn(redis).durable(freshName());
		const [fresh, all, behind, late]: [unknown[], unknown[], unknown[], unknown[]] = [[], [], [], []];
		const ids: string[] = [];
		for (const message of upTo(3)) ids.push(await topic.publish(message));
		await topic.subscribe((message) => fresh.push(message));
		await topic.subscribe((message, { id }) => all.push([id, message]), { from: "all" });
		await topic.subscribe((message) => behind.push(message), { from: ids[1] ?? "" });
		await topic.subscribe((message) => late.push(message), { from: ids[2] ?? "" });
		for (const message of [3, 4]) ids.push(await topic.publish(message));
		await until(() => fresh.length === 2 && all.length === 5 && behind.length === 3 && late.length === 2);
		expect(fresh).toEqual([3, 4]);
		expect(all).toEqual(upTo(5).map((message) => [ids[message], message]));
		expect(behind).toEqual([2, 3, 4]);
		expect(late).toEqual([3, 4]);
	});

	test("on a topic that nobody ever used, each of the ways to begin gets what comes", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const topic = messagesOn(redis).durable(freshName());
		const got: unknown[][] = [[], [], []];
		for (const [i, from] of ["new", "all", "5-0"].entries())
			await topic.subscribe((message) => got[i]?.push(message), { from });
		for (const message of upTo(3)) await topic.publish(message);
		await until(() => got.every((each) => each.length === 3));
		expect(got).toEqual([upTo(3), upTo(3), upTo(3)]);
	});

	test("a schema stands at both ends: what it refuses is not published, and what it gives is handled", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const name = freshName();
		const messages = messagesOn(redis);
		const topic = messages.durable(name, { schema: even });
		const got: string[] = [];
		await topic.subscribe((message) => got.push(message));
		await expect(topic.publish(3)).rejects.toThrow(EncodeError);
		await expect(topic.publish(3)).rejects.toThrow("must be even");
		await messages.durable(name).publish(5);
		await topic.publish(4);
		await until(() => got.length === 1);
		expect(got).toEqual(["even 4"]);
		expect(messages.errors).toEqual([expect.any(SchemaError)]);
	});

	test("poison and a handler that fails do not hold the topic up", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis, { handlerTimeoutMs: 20 });
		const name = freshName();
		const topic = messages.durable(name);
		const got: unknown[] = [];
		const poison: string[] = [];
		const subscription = await topic.subscribe(
			(message) => {
				got.push(message);
				if (message === 1) throw new Error("thrown");
				if (message === 2) return Promise.reject(new Error("rejected"));
				return message === 3 ? new Promise(() => {}) : undefined;
			},
			{ onPoison: (error) => poison.push(error.payload.toString()) },
		);
		const other = createPubSub(redis, { codec: { encode: String, decode: String } }).durable(name);
		await topic.publish(1);
		await other.publish("{poison");
		for (const message of [2, 3, 4]) await topic.publish(message);
		await until(() => got.length === 4);
		expect(got).toEqual([1, 2, 3, 4]);
		expect(poison).toEqual(["{poison"]);
		expect(messages.errors.map(String)).toEqual([
			"Error: thrown",
			"Error: rejected",
			expect.stringContaining("HandlerTimeoutError"),
		]);
		expect(subscription.stats()).toEqual({ received: 5, waiting: 0, failed: 3, poisoned: 1, lost: 0 });
		expect(new DecodeError("c", Buffer.of(), 1).code).toBe("RK_PUBSUB_DECODE");
	});

	// Broken on purpose: without end() in #finish all 5 came again; without moved() in #begin the ones of the first absence did not come.
	test("a named subscriber goes on where it left off, and misses nothing of its absence", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const name = freshName();
		const got: unknown[] = [];
		const sitting = async (): Promise<void> => {
			const messages = messagesOn(redis);
			const count = got.length;
			await messages.durable(name).subscribe((message) => got.push(message), { name: "reports" });
			if (count > 0 || present > 0) await until(() => got.length === present);
			await messages.close();
		};
		const publisher = messagesOn(redis).durable(name);
		let present = 0;
		const publish = async (n: number): Promise<void> => {
			for (const message of upTo(n)) await publisher.publish(present + message);
			present += n;
		};
		await sitting(); // of nothing, but it has begun
		for (const n of [5, 3, 4]) {
			await publish(n);
			await sitting();
		}
		expect(got).toEqual(upTo(12));
	});

	test("a subscriber that is gone without a word gets again what was not yet noted, and no more", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const name = freshName();
		const crashed = messagesOn(redis).durable(name);
		const before: unknown[] = [];
		await crashed.subscribe((message) => before.push(message), { name: "reports" });
		const stored = (): Promise<string | null> => redis.command(get(cursorKey("pubsub", name, "reports")));
		const begun = await stored();
		for (const message of upTo(3)) await crashed.publish(message);
		await until(async () => (await stored()) !== begun);
		await until(() => before.length === 3);
		for (const message of [3, 4]) await crashed.publish(message);
		await until(() => before.length === 5);
		const after: unknown[] = [];
		await messagesOn(redis)
			.durable(name)
			.subscribe((message) => after.push(message), { name: "reports" });
		await until(() => after.includes(4));
		expect(upTo(5).slice(-after.length)).toEqual(after);
		expect(await redis.command(raw(["TTL", cursorKey("pubsub", name, "reports")]))).toBe(-1);
	});

	test("a message whose handler runs when its subscriber ends comes again, unless it may finish", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const name = freshName();
		const publisher = messagesOn(redis).durable(name);
		const never = messagesOn(redis, { handlerTimeoutMs: null });
		const got: string[] = [];
		const cut = await never.durable(name).subscribe(
			(message) => {
				got.push(`cut ${message}`);
				return new Promise(() => {});
			},
			{ name: "reports" },
		);
		await publisher.publish(1);
		await publisher.publish(2);
		await until(() => got.length === 1);
		await cut.unsubscribe({ drainMs: 1 });
		const first = gate();
		const finishing = await publisher.subscribe(
			async (message) => {
				got.push(`begun ${message}`);
				await first.opened;
				got.push(`done ${message}`);
			},
			{ name: "reports" },
		);
		await until(() => got.includes("begun 1"));
		const ended = finishing.unsubscribe({ drainMs: 60_000 });
		first.open();
		await ended;
		const last: unknown[] = [];
		await publisher.subscribe((message) => last.push(message), { name: "reports" });
		await until(() => last.length > 0);
		expect(got).toEqual(["cut 1", "begun 1", "done 1"]);
		expect(last).toEqual([2]);
	});

	// Broken on purpose: without the `#live.size >= maxQueue` check the queue held more; without catchUp() there, or `#behind = true` after a full page, messages were missing.
	test("a slow handler holds no more in memory than the queue, and still gets everything, while other topics go on", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis, { maxQueue: 100, handlerTimeoutMs: null });
		const [slow, lively] = [freshName(), freshName()].map((each) =>
			messages.durable(each, { maxLen: 100_000 }),
		);
		const blocked = gate();
		const got: number[] = [];
		const other: unknown[] = [];
		const subscription = await slow?.subscribe((message) => {
			got.push(Number(message));
			return blocked.opened;
		});
		const waiting: Array<number | undefined> = [];
		await lively?.subscribe((message) => other.push(message));
		for (let i = 0; i < 5_000; i += 500) {
			await Promise.all([...upTo(500).map((n) => slow?.publish(i + n)), lively?.publish(i)]);
			waiting.push(subscription?.stats().waiting);
		}
		await until(() => other.length === 10);
		expect(got).toEqual([0]);
		expect(waiting.filter((each) => each === undefined || each > 100)).toEqual([]);
		blocked.open();
		await until(() => got.length === 5_000);
		expect(got).toEqual(upTo(5_000));
		expect(messages.errors).toEqual([]);
	});

	// Broken on purpose: without the bytes in read.lua one reply had all 20, and a topic of 300 messages of 2 MB could never be read.
	test("large messages are read a few at a time, and all of them come", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const topic = messages.durable(freshName());
		const text = "x".repeat(100_000);
		for (const message of upTo(20)) await topic.publish(`${message} ${text}`);
		const { stream, state } = namesOf("pubsub", topic.name);
		const most = async (bytes: number): Promise<[number, boolean]> => {
			const page = await redis.command(read([stream, state], ["0-0", "", "0", "20", String(bytes)]));
			return [page.entries.length, page.more];
		};
		expect(await most(1)).toEqual([1, true]);
		expect(await most(500_000)).toEqual([7, true]);
		expect(await most(10_000_000)).toEqual([20, true]);
		const got: unknown[] = [];
		await topic.subscribe((message) => got.push(String(message).split(" ")[0]), { from: "all" });
		await until(() => got.length === 20);
		expect(got).toEqual(upTo(20).map(String));
		expect(messages.errors).toEqual([]);
	});

	// Broken on purpose: without the look at the field in read.lua the subscriber read the same page again and again.
	test("what somebody put into the stream by hand holds nothing up", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const topic = messages.durable(freshName());
		await topic.publish(1);
		await redis.command(xadd(namesOf("pubsub", topic.name).stream, [["by", "hand"]]));
		await topic.publish(2);
		const got: unknown[] = [];
		const subscription = await topic.subscribe((message) => got.push(message), { from: "all" });
		await until(() => got.length === 2);
		expect(got).toEqual([1, 2]);
		expect(subscription.stats()).toMatchObject({ received: 2, lost: 0 });
		expect(messages.errors).toEqual([]);
	});

	// Broken on purpose: without acl_check_cmd in publish.lua the message was refused and kept all the same, so that who tried again doubled it.
	test("a user who may not announce a message does not keep it either", async () => {
		const admin = await open(adapter, own.url);
		await admin.command(raw(["ACL", "SETUSER", "mute", "on", ">secret", "~*", "+@all", "resetchannels"]));
		const url = new URL(own.url);
		[url.username, url.password] = ["mute", "secret"];
		const topic = messagesOn(await open(adapter, url.href)).durable(freshName());
		await expect(topic.publish(1)).rejects.toMatchObject({ code: "NOPERM", outcome: "refused" });
		const { stream, state } = namesOf("pubsub", topic.name);
		expect(await admin.command(exists([stream, state]))).toBe(0);
		await admin.command(raw(["ACL", "SETUSER", "mute", "resetkeys", "~pubsub:*", "&pubsub:*"]));
		await topic.publish(1);
	});

	// Broken on purpose: by a plain GET, which a replica may answer, the cursor was an old one, and what was handled since came again.
	test("where a named subscriber left off is not asked of a replica", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const asked: Array<Command<unknown>> = [];
		const command: RedisPort["command"] = redis.command.bind(redis);
		const watched: RedisPort["command"] = (one, options) => {
			asked.push(one);
			return command(one, options);
		};
		const topic = messagesOn(Object.assign(redis, { command: watched })).durable(freshName());
		await topic.subscribe(() => {}, { name: "reports" });
		expect(asked.map(({ args }) => args[0])).toContain("GET");
		expect(asked.filter(({ readOnly }) => readOnly)).toEqual([]);
	});

	// Broken on purpose: with `#behind = false` set after the stream was read, the late one never came.
	test("what is announced while the stream is being read is not missed", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const topic = messages.durable(freshName());
		const blocked = gate();
		const got: unknown[] = [];
		await topic.publish("kept");
		await topic.subscribe(
			(message) => {
				got.push(message);
				return blocked.opened;
			},
			{ from: "all" },
		);
		await until(() => got.length === 1);
		await topic.publish("late");
		// By the same connection as the announcement, and after it.
		const [channel, heard] = [freshName(), gate()];
		await messages.subscribe(channel, heard.open, { sharded: true });
		await messages.publish(channel, "", { sharded: true });
		await heard.opened;
		blocked.open();
		await until(() => got.length === 2);
		expect(got).toEqual(["kept", "late"]);
	});

	test("a subscription ends by its signal, by disposal and by close(); one that aborted before is not made", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const topic = messages.durable(freshName());
		const controller = new AbortController();
		const first = await topic.subscribe(() => {}, { signal: controller.signal });
		{
			await using second = await topic.subscribe(() => {});
			expect(second.topic).toBe(topic.name);
		}
		const third = await topic.subscribe(() => {});
		controller.abort(new Error("enough"));
		expect([first.closed, third.closed]).toEqual([true, false]);
		const again = topic.subscribe(() => {}, { signal: controller.signal });
		await expect(again).rejects.toMatchObject({ code: "RK_ABORTED", outcome: "not-sent" });
		await messages.close();
		expect(third.closed).toBe(true);
		const live = namesOf("pubsub", topic.name).channel;
		await until(
			async () => Number(Object(await redis.command(raw(["PUBSUB", "SHARDNUMSUB", live])))[1]) === 0,
		);
		await expect(topic.subscribe(() => {})).rejects.toMatchObject({ code: "RK_CLOSED" });
	});
});
