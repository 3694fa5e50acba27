import { defineScript, get, set, text } from "@rk/client";
import { ioredisPort } from "@rk/ioredis";
import { nodeRedisPort } from "@rk/node-redis";
import { startServer } from "@rk/testing";
import { connectionsTo } from "./frame/connections.mjs";

export const about = "the port's cost of a command, beside the native clients' own calls";

/** What `connect()` sets where nothing else is asked for. */
const COMMAND_TIMEOUT_MS = 3_000;

const VALUE = "x".repeat(64);
const KEYS = Array.from({ length: 1_000 }, (_, i) => `bench:client:${i}`);
const keyOf = (i) => KEYS[i % KEYS.length];

const LUA = 'return redis.call("GET", KEYS[1]) or ARGV[1]';
const script = defineScript({ lua: LUA, keys: 1, reply: text });

/** One operation, in each way of asking for it. */
const OPERATIONS = [
	{
		name: "GET",
		command: (i) => get(keyOf(i)),
		args: (i) => ["GET", keyOf(i)],
		ioredis: (redis) => (i) => redis.get(keyOf(i)),
		nodeRedis: (client) => (i) => client.get(keyOf(i)),
	},
	{
		name: "SET",
		command: (i) => set(keyOf(i), VALUE),
		args: (i) => ["SET", keyOf(i), VALUE],
		ioredis: (redis) => (i) => redis.set(keyOf(i), VALUE),
		nodeRedis: (client) => (i) => client.set(keyOf(i), VALUE),
	},
	{
		name: "EVALSHA",
		command: (i) => script([keyOf(i)], [VALUE]),
		args: (i) => ["EVALSHA", script.sha1, "1", keyOf(i), VALUE],
		ioredis: (redis) => (i) => redis.evalsha(script.sha1, 1, keyOf(i), VALUE),
		nodeRedis: (client) => (i) => client.evalSha(script.sha1, { keys: [keyOf(i)], arguments: [VALUE] }),
	},
];

const LOADS = [
	// A round trip at a time is mostly waiting, and noisy: more and shorter rounds.
	{ concurrency: 1, operations: 1_000, rounds: 21 },
	{ concurrency: 256, operations: 20_000, rounds: 9 },
];

/** How much CPU time the port may cost, as a multiple of what it is measured against. */
const AT_MOST = { ioredis: { 1: 1.05, 256: 0.5 }, nodeRedis: { 1: 1.05, 256: 1.1 } };

const call = (redis, args) => (i) => redis.call(...args(i));
const sendCommand = (client, args) => (i) => client.sendCommand(args(i));
const typed = (port, command) => (i) => port.command(command(i));

export async function run(bench) {
	const server = await startServer();
	// A connection for every subject, so that none profits or suffers from what another does to its own.
	const { ioredis, nodeRedis, kept, end } = connectionsTo(server);
	try {
		console.log(`${server.version.name} ${server.version.version} at ${server.host}:${server.port}`);
		await server.command("SCRIPT", "LOAD", LUA);
		for (const key of KEYS) await server.command("SET", key, VALUE);

		const redis = ioredis();
		const client = await nodeRedis();
		const untimed = (await nodeRedis()).withCommandOptions({ timeout: undefined });
		const overIoredis = kept(ioredisPort(ioredis()));
		const timedIoredis = kept(ioredisPort(ioredis(), { commandTimeoutMs: COMMAND_TIMEOUT_MS }));
		const overNodeRedis = kept(nodeRedisPort(await nodeRedis()));
		const timedNodeRedis = kept(nodeRedisPort(await nodeRedis(), { commandTimeoutMs: COMMAND_TIMEOUT_MS }));

		for (const { concurrency, ...size } of LOADS) {
			for (const { name, command, args, ...native } of OPERATIONS) {
				await bench.measure({
					...{ name: `${name} × ${concurrency}`, concurrency, ...size },
					subjects: [
						{ name: "ioredis typed", operation: native.ioredis(redis) },
						{ name: "ioredis call()", operation: call(redis, args), against: "ioredis typed" },
						{
							name: "@rk/client on ioredis",
							operation: typed(overIoredis, command),
							...{ against: "ioredis typed", atMost: AT_MOST.ioredis[concurrency] },
						},
						{
							name: "@rk/client on ioredis, deadline",
							...{ operation: typed(timedIoredis, command), against: "ioredis typed" },
						},
						{
							name: "node-redis typed",
							...{ operation: native.nodeRedis(client), against: "node-redis sendCommand" },
						},
						{ name: "node-redis sendCommand", operation: sendCommand(untimed, args) },
						{
							name: "@rk/client on node-redis",
							operation: typed(overNodeRedis, command),
							...{ against: "node-redis sendCommand", atMost: AT_MOST.nodeRedis[concurrency] },
						},
						{
							name: "@rk/client on node-redis, deadline",
							...{ operation: typed(timedNodeRedis, command), against: "node-redis sendCommand" },
						},
					],
				});
			}
		}
	} finally {
		await end();
		await server.stop();
	}
}
