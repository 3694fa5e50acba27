import { type RedisPort, slotOf, xrange } from "@rk/client";
import { startCluster, startServer, type TestCluster, type TestServer } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { namesOf } from "../src/durable/names.ts";
import type { DurableTopic } from "../src/index.ts";
import {
	type Adapter,
	adapters,
	freshName,
	messagesOn,
	open,
	openCluster,
	randomFrom,
	until,
} from "./redis.ts";

let server: TestServer;
let cluster: TestCluster;
beforeAll(async () => {
	[server, cluster] = await Promise.all([startServer({ persistence: "aof" }), startCluster({ replicas: 1 })]);
});
afterAll(() => Promise.all([server.stop(), cluster.stop()]));

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Publishes 0, 1, 2, … about every millisecond until it is told to stop; gives what was confirmed. */
function publishing(topic: DurableTopic<unknown, unknown>): {
	readonly confirmed: readonly number[];
	stop(): Promise<readonly number[]>;
} {
	const confirmed: number[] = [];
	const going = new Set<Promise<void>>();
	let stopped = false;
	const work = (async () => {
		for (let n = 0; !stopped; n++) {
			const one = topic.publish(n).then(
				() => void confirmed.push(n),
				() => {}, // not sent, or nobody knows
			);
			going.add(one);
			void one.then(() => going.delete(one));
			await pause(1);
		}
	})();
	return {
		confirmed,
		stop: async () => {
			stopped = true;
			await work;
			await Promise.all(going);
			return confirmed;
		},
	};
}

/** Every message of the topic, by its stream. */
async function messagesOf(redis: RedisPort, name: string): Promise<number[]> {
	const entries = await redis.command(xrange(namesOf("pubsub", name).stream, "-", "+"));
	return entries.map(([, fields]) => Number(new Map(fields).get("message")));
}

async function expectAll(
	redis: RedisPort,
	name: string,
	confirmed: readonly number[],
	got: readonly number[],
): Promise<void> {
	const kept = await messagesOf(redis, name);
	await until(() => got.length >= kept.length);
	expect(got).toEqual(kept); // none lost, none doubled, all in order
	expect(kept).toEqual(expect.arrayContaining([...confirmed]));
	expect(new Set(kept).size).toBe(kept.length);
}

/** A topic on the cluster that is published to and followed from now on. */
async function followed(adapter: Adapter): Promise<{
	readonly redis: RedisPort;
	readonly name: string;
	readonly topic: DurableTopic<unknown, unknown>;
	readonly got: readonly number[];
	readonly publisher: ReturnType<typeof publishing>;
}> {
	const redis = await openCluster(adapter, cluster.nodes);
	const name = freshName();
	const topic = messagesOn(redis).durable(name, { maxLen: 1_000_000 });
	const got: number[] = [];
	await topic.subscribe((message) => void got.push(Number(message)));
	return { redis, name, topic, got, publisher: publishing(topic) };
}

describe.each(adapters)("over $name", (adapter) => {
	// Broken on purpose: without `onGap` in Following's request messages were missing; without the comparison of counts in #next some came
	// twice.
	test("20 connection kills and a restart of the server, at a message a millisecond: none lost, none doubled, all in order", async () => {
		const redis = await open(adapter, server.url);
		const messages = messagesOn(redis);
		const name = freshName();
		const topic = messages.durable(name, { maxLen: 1_000_000 });
		const got: number[] = [];
		const slow: number[] = [];
		await topic.subscribe((message) => void got.push(Number(message)), { from: "all" });
		await topic.subscribe(
			async (message) => {
				await new Promise(setImmediate);
				slow.push(Number(message));
			},
			{ from: "all" },
		);
		const random = randomFrom(11);
		const publisher = publishing(topic);
		for (let kill = 0; kill < 20; kill++) {
			const seen = got.length;
			await pause(random() * 60);
			await server.killClients(random() < 0.7 ? "pubsub" : undefined);
			if (kill === 10) await server.restart();
			if (kill % 5 === 0) await until(() => got.length > seen + 20);
		}
		const confirmed = await publisher.stop();
		expect(confirmed.length).toBeGreaterThan(100);
		await expectAll(redis, name, confirmed, got);
		await until(() => slow.length === got.length);
		expect(slow).toEqual(got);
	});

	// Broken on purpose: without `onGap` in Following's request the last three never came.
	test("in a cluster, while the topic's slot moves to another node and back, none is lost, doubled or out of order", async () => {
		const { redis, name, topic, got, publisher } = await followed(adapter);
		const { stream, state } = namesOf("pubsub", name);
		const slot = slotOf(stream);
		const home = await cluster.ownerOf(slot);
		const [away] = (await cluster.masters()).filter((node) => node !== home);
		if (away === undefined) expect.fail("a cluster of one master");
		const confirmed: number[] = [];
		for (const to of [away, home, away]) {
			await until(() => got.length > 20);
			// The keys are at the new node, and the subscribers still at the old one.
			await cluster.beginMigration(slot, to, [stream, state]);
			const before = publisher.confirmed.length;
			await until(() => publisher.confirmed.length > before + 20);
			await cluster.finishMigration(slot, to);
			const seen = got.length;
			await until(() => got.length > seen + 20);
		}
		confirmed.push(...(await publisher.stop()));
		// The same once more, with nothing published after it.
		await cluster.beginMigration(slot, home, [stream, state]);
		for (const message of [-1, -2, -3]) {
			await topic.publish(message);
			confirmed.push(message);
		}
		await cluster.finishMigration(slot, home);
		await expectAll(redis, name, confirmed, got);
	});

	// Broken on purpose: without the comparison of counts in #next messages were missing.
	test("in a cluster, when the master of the topic's slot hands over to its replica, none is lost, doubled or out of order", async () => {
		const { redis, name, got, publisher } = await followed(adapter);
		for (let failover = 0; failover < 2; failover++) {
			await until(() => got.length > 20);
			await cluster.failover(slotOf(namesOf("pubsub", name).stream));
			const before = publisher.confirmed.length;
			await until(() => publisher.confirmed.length > before + 20);
		}
		await expectAll(redis, name, await publisher.stop(), got);
	});

	test("in a cluster one program's messages on one channel arrive in order, and shard channels of any slots can be heard", async () => {
		const redis = await openCluster(adapter, cluster.nodes);
		const messages = messagesOn(redis);
		const [channel, one, two] = [freshName(), freshName(), freshName()];
		const got: number[] = [];
		const shards: unknown[] = [];
		await messages.subscribe(channel, (message) => void got.push(Number(message)));
		await messages.subscribe([one, two], (message, meta) => shards.push([meta.channel, message]), {
			sharded: true,
		});
		const numbers = Array.from({ length: 2_000 }, (_, n) => n);
		await Promise.all(numbers.map((n) => messages.publish(channel, n)));
		await until(() => got.length === 2_000);
		expect(got).toEqual(numbers);
		expect(await messages.publish(one, 1, { sharded: true })).toBe(1);
		expect(await messages.publish(two, 2, { sharded: true })).toBe(1);
		await until(() => shards.length === 2);
		expect(shards).toEqual(
			expect.arrayContaining([
				[one, 1],
				[two, 2],
			]),
		);
	});
});
