import { ioredisPort } from "@rk/ioredis";
import { nodeRedisPort } from "@rk/node-redis";
import { createPubSub } from "@rk/pubsub";
import { startServer } from "@rk/testing";
import { RedisPubSub } from "graphql-redis-subscriptions";
import { connectionsTo } from "./frame/connections.mjs";

export const about =
	"a message from publish to its handler, beside the raw client and graphql-redis-subscriptions";

/** 120 bytes of JSON. */
const message = (n) => ({
	n,
	kind: "order.created",
	customer: "c-1029384756",
	total: 1234.5,
	note: "x".repeat(40),
});

/** 0.85 of the raw client's rate, and 0.8 of the raw script's, as CPU time. */
const AT_MOST = { plain: 1 / 0.85, durable: 1 / 0.8 };

/** What a durable topic is beside: the entry and the announcement, without counter and epoch. */
const RAW_SCRIPT = `
local id = redis.call("XADD", KEYS[1], "MAXLEN", "~", ARGV[2], "*", "message", ARGV[1])
redis.call("SPUBLISH", ARGV[3], id .. " " .. ARGV[1])
return id`;

/**
 * A subject's operation: a message is published, and is done when its handler has it. Messages of one channel come in order, so that
 * the one that comes is the one that waits longest.
 */
function roundTrip(publish) {
	const waiting = [];
	let head = 0;
	return {
		handler: () => {
			const resolve = waiting[head];
			waiting[head++] = undefined;
			if (head === waiting.length) waiting.length = head = 0;
			resolve();
		},
		operation: (i) =>
			new Promise((resolve, reject) => {
				waiting.push(resolve);
				publish(message(i)).catch(reject);
			}),
	};
}

/** As the clients' documentation has it, with the codec that the others have. */
async function overRawIoredis(connections) {
	const [publisher, subscriber] = [connections.ioredis(), connections.ioredis()];
	const { operation, handler } = roundTrip((each) => publisher.publish("raw:io", JSON.stringify(each)));
	subscriber.on("message", (_channel, text) => handler(JSON.parse(text)));
	await subscriber.subscribe("raw:io");
	return operation;
}

async function overRawNodeRedis(connections) {
	const [publisher, subscriber] = [await connections.nodeRedis(), await connections.nodeRedis()];
	const { operation, handler } = roundTrip((each) => publisher.publish("raw:node", JSON.stringify(each)));
	await subscriber.subscribe("raw:node", (text) => handler(JSON.parse(text)));
	return operation;
}

async function overPubSub(messages, channel) {
	const { operation, handler } = roundTrip((each) => messages.publish(channel, each));
	await messages.subscribe(channel, handler);
	return operation;
}

async function overGraphql(connections) {
	const pubsub = new RedisPubSub({ publisher: connections.ioredis(), subscriber: connections.ioredis() });
	const { operation, handler } = roundTrip((each) => pubsub.publish("graphql", each));
	await pubsub.subscribe("graphql", handler);
	return operation;
}

async function overRawScript(connections) {
	const [publisher, subscriber] = [connections.ioredis(), connections.ioredis()];
	publisher.defineCommand("announce", { numberOfKeys: 1, lua: RAW_SCRIPT });
	const { operation, handler } = roundTrip((each) =>
		publisher.announce("raw:{topic}", JSON.stringify(each), "10000", "raw:{topic}:live"),
	);
	subscriber.on("smessage", (_channel, text) => handler(JSON.parse(text.slice(text.indexOf(" ") + 1))));
	await subscriber.ssubscribe("raw:{topic}:live");
	return operation;
}

async function overTopic(messages, name) {
	const topic = messages.durable(name);
	const { operation, handler } = roundTrip((each) => topic.publish(each));
	await topic.subscribe(handler);
	return operation;
}

/** From the call of publish to that of the handler, one message at a time. */
async function latencies(bench, subjects) {
	const count = bench.quick ? 2_000 : 10_000;
	console.log(
		`\none message at a time, ${count.toLocaleString("en")} of them: ms from publish() to the handler`,
	);
	for (const { name, operation } of subjects) {
		const times = [];
		for (let i = 0; i < count; i++) {
			const began = performance.now();
			await operation(i);
			times.push(performance.now() - began);
		}
		times.sort((a, b) => a - b);
		const at = (share) => times[Math.floor(share * times.length)];
		console.log(`  ${name.padEnd(32)} p50 ${at(0.5).toFixed(3)}  p99 ${at(0.99).toFixed(3)}`);
		for (const [metric, value] of [
			["p50", at(0.5)],
			["p99", at(0.99)],
		])
			bench.rows.push({
				...{ bench: "pubsub", case: "latency × 1", subject: name, metric, unit: "ms", value },
				...{ against: null, ratio: null, min: value, max: value },
			});
	}
}

export async function run(bench) {
	const server = await startServer({ owned: true });
	const connections = connectionsTo(server);
	const ended = [];
	const messagesOn = (port) => {
		const messages = createPubSub(connections.kept(port));
		ended.push(messages);
		return messages;
	};
	try {
		console.log(`${server.version.name} ${server.version.version} at ${server.host}:${server.port}`);
		const onIoredis = messagesOn(ioredisPort(connections.ioredis()));
		const onNodeRedis = messagesOn(nodeRedisPort(await connections.nodeRedis()));
		const plain = [
			{ name: "ioredis", operation: await overRawIoredis(connections) },
			{
				...{ name: "@rk/pubsub on ioredis", operation: await overPubSub(onIoredis, "rk:io") },
				...{ against: "ioredis", atMost: AT_MOST.plain },
			},
			{ name: "node-redis", operation: await overRawNodeRedis(connections) },
			{
				...{ name: "@rk/pubsub on node-redis", operation: await overPubSub(onNodeRedis, "rk:node") },
				...{ against: "node-redis", atMost: AT_MOST.plain },
			},
			{
				...{ name: "graphql-redis-subscriptions", operation: await overGraphql(connections) },
				against: "ioredis",
			},
		];
		const kept = [
			{ name: "XADD + SPUBLISH, ioredis", operation: await overRawScript(connections) },
			{
				...{ name: "durable topic on ioredis", operation: await overTopic(onIoredis, "io") },
				...{ against: "XADD + SPUBLISH, ioredis", atMost: AT_MOST.durable },
			},
			{
				...{ name: "durable topic on node-redis", operation: await overTopic(onNodeRedis, "node") },
				against: "XADD + SPUBLISH, ioredis",
			},
		];
		const load = { concurrency: 256, operations: 20_000, rounds: 7 };
		await bench.measure({ name: "a message × 256", subjects: plain, ...load });
		await bench.measure({ name: "a message that is kept × 256", subjects: kept, ...load });
		await latencies(bench, [...plain, ...kept]);
	} finally {
		for (const messages of ended) await messages.close();
		await connections.end();
		await server.stop();
	}
}
