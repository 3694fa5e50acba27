import { createServer, connect as netConnect } from "node:net";
import { defineScript as defineByPosition, flag, raw } from "@rk/client";
import { ioredisPort } from "@rk/ioredis";
import { bool, createScripts, defineScript, int, text } from "@rk/lua";
import { nodeRedisPort } from "@rk/node-redis";
import { startServer } from "@rk/testing";
import { Redis } from "ioredis";
import { connectionsTo } from "./frame/connections.mjs";

export const about = "a typed script's cost, beside EVALSHA by hand; bytes of a batch of 1 000";

const LUA = 'return redis.call("INCRBY", KEYS[1], ARGV[1]) > 0 and ARGV[2] ~= "" and 1 or 0';
const KEYS = Array.from({ length: 1_000 }, (_, i) => `bench:lua:${i}`);
const keyOf = (i) => KEYS[i % KEYS.length];
const NOTE = "x".repeat(64);

const typed = defineScript({
	name: "typed",
	keys: ["counter"],
	args: { by: int, note: text },
	reply: bool,
	lua: LUA,
});
/** The same source, so that the server does the same work for all. */
const byPosition = defineByPosition({ lua: typed.source, keys: 1, reply: flag });

const LOADS = [
	// A round trip at a time is mostly waiting, and noisy: more and shorter rounds.
	{ concurrency: 1, operations: 1_000, rounds: 21 },
	{ concurrency: 256, operations: 20_000, rounds: 9 },
];

const AT_MOST = 1.05;

export async function run(bench) {
	const server = await startServer();
	const { ioredis, nodeRedis, kept, end } = connectionsTo(server);
	try {
		console.log(`${server.version.name} ${server.version.version} at ${server.host}:${server.port}`);
		await server.command("SCRIPT", "LOAD", typed.source);
		const args = (i) => ["EVALSHA", typed.sha1, "1", keyOf(i), "1", NOTE];
		const redis = ioredis();
		const client = await nodeRedis();
		const natives = {
			"on ioredis": (i) => redis.evalsha(typed.sha1, 1, keyOf(i), "1", NOTE),
			"on node-redis": (i) => client.evalSha(typed.sha1, { keys: [keyOf(i)], arguments: ["1", NOTE] }),
		};
		const ports = {
			"on ioredis": () => kept(ioredisPort(ioredis())),
			"on node-redis": async () => kept(nodeRedisPort(await nodeRedis())),
		};
		for (const { concurrency, ...size } of LOADS) {
			const subjects = [];
			for (const [on, open] of Object.entries(ports)) {
				const [byRaw, byHand, byMethod] = [
					await open(),
					await open(),
					createScripts(await open(), { typed }),
				];
				subjects.push(
					{ name: `native evalsha ${on}`, operation: natives[on] },
					{
						name: `raw EVALSHA ${on}`,
						operation: (i) => byRaw.command(raw(args(i), { decode: flag })),
					},
					{
						name: `script by position ${on}`,
						operation: (i) => byHand.command(byPosition([keyOf(i)], ["1", NOTE])),
					},
					{
						name: `@rk/lua ${on}`,
						operation: (i) => byMethod.typed({ counter: keyOf(i) }, { by: 1, note: NOTE }),
						...{ against: `raw EVALSHA ${on}`, atMost: AT_MOST },
					},
				);
			}
			await bench.measure({ name: `EVALSHA × ${concurrency}`, concurrency, ...size, subjects });
		}
		await bytes(bench, server, kept);
	} finally {
		await end();
		await server.stop();
	}
}

/** What a batch of 1 000 uses of one script puts on the wire, beside the same with its source each time. */
async function bytes(bench, server, kept) {
	const counted = await countingProxy(server);
	const client = new Redis({ host: "127.0.0.1", port: counted.port });
	try {
		const redis = kept(ioredisPort(client));
		await redis.command(raw(["PING"]));
		const commands = Array.from({ length: 1_000 }, (_, i) =>
			typed({ counter: keyOf(i) }, { by: 1, note: NOTE }),
		);
		const before = await server.command("INFO", "commandstats");
		counted.sent = 0;
		await redis.batch(commands);
		const batch = counted.sent;
		const after = await server.command("INFO", "commandstats");
		counted.sent = 0;
		await redis.batch(
			commands.map(({ args: [, , ...rest] }) => raw(["EVAL", typed.source, ...rest], { decode: flag })),
		);
		const bySource = counted.sent;
		const uses = (name) => callsOf(after, name) - callsOf(before, name);
		console.log(
			`\nA batch of 1 000: ${uses("eval")} EVAL and ${uses("evalsha")} EVALSHA, ${batch.toLocaleString("en")} bytes; ` +
				`by source each time ${bySource.toLocaleString("en")}`,
		);
		const row = { bench: "lua", case: "batch of 1 000", metric: "wire", unit: "bytes" };
		bench.rows.push(
			{
				...row,
				subject: "EVAL each",
				value: bySource,
				against: null,
				ratio: null,
				min: bySource,
				max: bySource,
			},
			{
				...{ ...row, subject: "@rk/lua", value: batch, against: "EVAL each", ratio: batch / bySource },
				...{ min: batch, max: batch },
			},
		);
	} finally {
		client.disconnect();
		counted.close();
	}
}

const callsOf = (stats, name) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);

/** Counts the bytes that clients send. */
async function countingProxy({ host, port }) {
	const sockets = new Set();
	const counted = { sent: 0, port: 0, close: () => {} };
	const listener = createServer((client) => {
		const upstream = netConnect(port, host);
		for (const socket of [client, upstream]) {
			sockets.add(socket);
			socket.on("error", () => {});
		}
		client.on("data", (chunk) => {
			counted.sent += chunk.length;
		});
		client.pipe(upstream).pipe(client);
	});
	await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
	counted.port = listener.address().port;
	counted.close = () => {
		for (const socket of sockets) socket.destroy();
		listener.close();
	};
	return counted;
}
