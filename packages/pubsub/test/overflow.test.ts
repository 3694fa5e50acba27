import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { raw } from "@rk/client";
import { describe, expect, inject, test } from "vitest";
import { MessageGapError, OverflowError } from "../src/index.ts";
import { adapters, freshName, gate, listenersOf, messagesOn, open, until, upTo } from "./redis.ts";
import "../../../test/context.ts";

describe.each(adapters)("over $name", (adapter) => {
	// Broken on purpose: without `tally.dropped += 1` the sum was wrong; without the `waiting.size < maxQueue` check the memory grew by more than 16 MB.
	test("behind a handler that is stuck, 100 000 messages take no more memory than the queue, each is counted, and other channels do not notice", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis, { handlerTimeoutMs: null });
		const [stuck, lively] = [freshName(), freshName()];
		const blocked = gate();
		const [got, other]: [number[], unknown[]] = [[], []];
		const subscription = await messages.subscribe(stuck, (message) => {
			got.push(Number(message));
			return blocked.opened;
		});
		await messages.subscribe(lively, (message) => other.push(message));
		/** Ten thousand on one channel, and now and then one on the other. */
		const send = async (from: number): Promise<void> => {
			for (let i = from; i < from + 10_000; i += 500) {
				await redis.command(raw(["EVAL", PUBLISH_RANGE, "0", stuck, String(i), String(i + 499)]));
				await messages.publish(lively, i);
			}
		};
		const arrived = (count: number) => (): boolean => {
			const { received, waiting, dropped } = subscription.stats();
			return received + waiting + dropped === count;
		};
		await send(0);
		await until(arrived(10_000));
		const before = bytesInUse();
		for (const tenThousand of upTo(9)) await send((tenThousand + 1) * 10_000);
		await until(arrived(100_000));
		expect(bytesInUse() - before).toBeLessThan(16 * 2 ** 20);
		expect(subscription.stats()).toMatchObject({ received: 1, waiting: 1_000, dropped: 98_999 });
		await until(() => other.length === 200);
		expect(messages.errors).toEqual([expect.any(OverflowError)]);
		blocked.open();
		await until(() => subscription.stats().waiting === 0);
		const { received, dropped } = subscription.stats();
		expect(received + dropped).toBe(100_000);
		expect(got).toEqual([0, ...upTo(1_000).map((n) => 99_000 + n)]);
	});

	test("drop-newest keeps what came first", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis, { maxQueue: 3, overflow: "drop-newest" });
		const channel = freshName();
		const blocked = gate();
		const got: unknown[] = [];
		const subscription = await messages.subscribe(channel, (message) => {
			got.push(message);
			return blocked.opened;
		});
		for (const message of upTo(10)) await messages.publish(channel, message);
		await until(() => subscription.stats().dropped === 6);
		blocked.open();
		await until(() => got.length === 4);
		expect(got).toEqual([0, 1, 2, 3]);
		expect(messages.errors).toEqual([expect.any(OverflowError)]);
	});

	test("an overflow is told anew after half of the queue was free", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis, { maxQueue: 2 });
		const channel = freshName();
		let blocked = gate();
		const subscription = await messages.subscribe(channel, () => blocked.opened);
		for (const round of [1, 2]) {
			for (const message of upTo(6)) await messages.publish(channel, message);
			await until(() => subscription.stats().dropped === 3 * round);
			const { open: release } = blocked;
			blocked = gate();
			release();
			await until(() => subscription.stats().waiting === 1);
			blocked.open();
			await until(() => subscription.stats().waiting === 0);
			blocked = gate();
			expect(messages.errors).toHaveLength(round);
		}
		expect(subscription.stats()).toMatchObject({ received: 6, dropped: 6 });
	});

	test("error ends the subscription at the server; what came before is still handled", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis, { maxQueue: 2, overflow: "error" });
		const channel = freshName();
		const blocked = gate();
		const got: unknown[] = [];
		const subscription = await messages.subscribe(channel, (message) => {
			got.push(message);
			return blocked.opened;
		});
		for (const message of upTo(4)) await messages.publish(channel, message);
		await until(() => subscription.closed);
		await until(async () => (await listenersOf(redis, channel)) === 0);
		expect(messages.errors).toEqual([expect.any(OverflowError)]);
		expect(messages.errors[0]).toMatchObject({ channel, maxQueue: 2 });
		blocked.open();
		await until(() => got.length === 3);
		expect(got).toEqual([0, 1, 2]);
		expect(subscription.stats()).toMatchObject({ received: 3, dropped: 1, waiting: 0 });
	});

	// Broken on purpose: without #want(true) in `roomy` it stayed unsubscribed.
	test("pause has the server hold the messages back while the queue is full, and tells of what may have been missed", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis, { maxQueue: 4, overflow: "pause" });
		const channel = freshName();
		const blocked = gate();
		const got: unknown[] = [];
		const gaps: MessageGapError[] = [];
		const subscription = await messages.subscribe(
			channel,
			(message) => {
				got.push(message);
				return blocked.opened;
			},
			{ onGap: (gap) => gaps.push(gap) },
		);
		for (const message of upTo(5)) await messages.publish(channel, message);
		await until(async () => (await listenersOf(redis, channel)) === 0);
		expect(subscription.closed).toBe(false);
		expect(await messages.publish(channel, "missed")).toBe(0);
		blocked.open();
		await until(async () => (await listenersOf(redis, channel)) === 1);
		await messages.publish(channel, "again");
		await until(() => got.includes("again"));
		expect(got).toEqual([0, 1, 2, 3, 4, "again"]);
		expect(gaps).toEqual([expect.any(MessageGapError)]);
		expect(gaps[0]).toMatchObject({ channel });
		expect(subscription.stats()).toMatchObject({ received: 6, dropped: 0, gaps: 1 });
		expect(messages.errors).toEqual([]);
	});

	test("a pause that the subscription's end meets stays the end", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis, { maxQueue: 1, overflow: "pause" });
		const channel = freshName();
		const blocked = gate();
		const subscription = await messages.subscribe(channel, () => blocked.opened);
		for (const message of upTo(2)) await messages.publish(channel, message);
		await until(async () => (await listenersOf(redis, channel)) === 0);
		await subscription.unsubscribe();
		blocked.open();
		expect(subscription.stats()).toMatchObject({ received: 1, dropped: 1, waiting: 0, gaps: 0 });
		await messages.subscribe(freshName(), () => {}); // a round trip of the same connection
		expect(await listenersOf(redis, channel)).toBe(0);
	});

	test("each channel of a pattern has its own queue and order", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis, { maxQueue: 2 });
		const name = freshName();
		const blocked = gate();
		const got: unknown[] = [];
		const subscription = await messages.psubscribe(`${name}.*`, (_pattern, channel, message) => {
			got.push(message);
			return channel.endsWith(".stuck") ? blocked.opened : undefined;
		});
		for (const message of upTo(6)) await messages.publish(`${name}.stuck`, `stuck ${message}`);
		// More channels than idle mailboxes are kept for.
		for (const message of upTo(150)) await messages.publish(`${name}.${message}`, message);
		await until(() => got.length === 151);
		expect(got.slice(1)).toEqual(upTo(150));
		expect(subscription.stats()).toMatchObject({ waiting: 2, dropped: 3 });
		blocked.open();
		await until(() => got.length === 153);
		expect(got.slice(151)).toEqual(["stuck 4", "stuck 5"]);
	});

	test("unsubscribe({ drainMs }) lets what waits be handled, and drops what takes longer", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const messages = messagesOn(redis);
		const [quick, slow] = [freshName(), freshName()];
		const got: unknown[] = [];
		const first = gate();
		const draining = await messages.subscribe(quick, async (message) => {
			await first.opened;
			got.push(message);
		});
		const never = await messages.subscribe(slow, () => new Promise(() => {}));
		for (const message of upTo(3)) {
			await messages.publish(quick, message);
			await messages.publish(slow, message);
		}
		await until(() => draining.stats().waiting === 2 && never.stats().waiting === 2);
		const drained = draining.unsubscribe({ drainMs: 60_000 });
		first.open();
		await drained;
		expect(got).toEqual([0, 1, 2]);
		expect(draining.stats()).toMatchObject({ received: 3, dropped: 0 });
		await never.unsubscribe({ drainMs: 1 });
		expect(never.stats()).toMatchObject({ received: 1, waiting: 0, dropped: 2 });
	});
});

/** Numbers of 500 bytes each. */
const PUBLISH_RANGE =
	"for n = ARGV[2], ARGV[3] do redis.call('PUBLISH', ARGV[1], n .. string.rep(' ', 500)) end";

function bytesInUse(): number {
	setFlagsFromString("--expose-gc");
	const collect: unknown = runInNewContext("gc");
	if (typeof collect === "function") collect();
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
}
