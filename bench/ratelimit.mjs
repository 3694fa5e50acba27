import { defineScript, integer, raw } from "@rk/client";
import { ioredisPort } from "@rk/ioredis";
import { createRateLimiter, fixedWindow, gcra, perSecond, slidingCounter, slidingLog } from "@rk/ratelimit";
import { startServer } from "@rk/testing";
import { Redis } from "ioredis";
import { RedisStore } from "rate-limit-redis";
import { RateLimiterRedis } from "rate-limiter-flexible";

export const about = "a decision beside a script that does nothing, and beside other limiters";

const SUBJECTS = Array.from({ length: 1_000 }, (_, i) => `user:${i}`);
const subjectOf = (i) => SUBJECTS[i % SUBJECTS.length];
const NOOP_LUA = "return 1";
const noop = defineScript({ lua: NOOP_LUA, keys: 1, reply: integer });

/** The algorithm of redis_rate, written from its description: GCRA in floating-point seconds. */
const FLOAT_GCRA = `
local burst, interval, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call("TIME")
local now = (tonumber(time[1]) - 1483228800) + tonumber(time[2]) / 1000000
local tat = math.max(tonumber(redis.call("GET", KEYS[1]) or now), now)
local after = tat + interval * cost
local free = now - (after - burst * interval)
local left = free / interval
if left < 0 then return { 0, 0, tostring(-free), tostring(tat - now) } end
local reset = after - now
if reset > 0 then redis.call("SET", KEYS[1], after, "EX", math.ceil(reset)) end
return { cost, left, "-1", tostring(reset) }`;

/** Decisions a second, of the calls of a script that does nothing, sent by the client itself on the same connection. */
const TARGET = 0.8;
const NOOP = "no-op EVALSHA, raw";
const PORT_NOOP = "no-op EVALSHA, port";

export async function run(bench) {
	const server = await startServer({ owned: true });
	const clients = [];
	const client = () => {
		const redis = new Redis(server.url);
		clients.push(redis);
		return redis;
	};
	const shared = client();
	const port = ioredisPort(shared);
	try {
		console.log(`${server.version.name} ${server.version.version} at ${server.host}:${server.port}`);
		const limiter = (name, algorithm) =>
			createRateLimiter(port, { name, algorithm, onUnavailable: "throw", timeoutMs: 5_000 });
		const wide = limiter("wide", gcra({ rate: perSecond(1_000_000), burst: 1_000_000 }));
		const shut = limiter("shut", gcra({ rate: perSecond(1), burst: 1 }));
		const log = limiter("log", slidingLog({ limit: 1_000, windowMs: 1_000 }));
		const counter = limiter("counter", slidingCounter({ limit: 1_000_000, windowMs: 1_000 }));
		const window = limiter("window", fixedWindow({ limit: 1_000_000, windowMs: 1_000 }));
		const flexible = new RateLimiterRedis({
			storeClient: client(),
			points: 1e6,
			duration: 1,
			keyPrefix: "flexible",
		});
		const storeClient = client();
		const store = new RedisStore({ sendCommand: (...args) => storeClient.call(...args), prefix: "store:" });
		await store.init({ windowMs: 1_000 });
		const floating = client();
		floating.defineCommand("floatGcra", { numberOfKeys: 1, lua: FLOAT_GCRA });

		const noopSha1 = await shared.script("LOAD", NOOP_LUA);
		const subjects = [
			{ name: NOOP, operation: (i) => shared.evalsha(noopSha1, 1, subjectOf(i), "1") },
			{ name: PORT_NOOP, operation: (i) => port.command(noop([subjectOf(i)], ["1"])) },
			{ name: "@rk/ratelimit gcra, allowed", operation: (i) => wide.limit(subjectOf(i)) },
			{ name: "@rk/ratelimit gcra, denied", operation: (i) => shut.limit(subjectOf(i)) },
			{ name: "@rk/ratelimit fixed window", operation: (i) => window.limit(subjectOf(i)) },
			{ name: "@rk/ratelimit sliding counter", operation: (i) => counter.limit(subjectOf(i)) },
			{ name: "@rk/ratelimit sliding log", operation: (i) => log.limit(subjectOf(i)) },
			{
				name: "redis_rate's algorithm",
				operation: (i) => floating.floatGcra(`float:${subjectOf(i)}`, 1e6, 1e-6, 1),
			},
			{ name: "rate-limiter-flexible", operation: (i) => flexible.consume(subjectOf(i)) },
			{ name: "rate-limit-redis", operation: (i) => store.increment(subjectOf(i)) },
		];
		await bench.measure({
			...{ name: "a decision × 256", concurrency: 256, operations: 10_000, rounds: 7 },
			subjects: subjects.map((subject, i) => ({
				...subject,
				...(i === 0 ? {} : { against: NOOP }),
				...(subject.name.startsWith("@rk/ratelimit gcra") ? { atLeast: TARGET } : {}),
			})),
		});
		await serverTimes(server, subjects);
		await memory(port, { wide, log, counter, window });
		await denyCache(port, bench);
	} finally {
		await port.close();
		for (const redis of clients) redis.disconnect();
		await server.stop();
	}
}

async function serverTimes(server, subjects) {
	console.log("\nserver µs a call (commandstats)");
	for (const { name, operation } of subjects) {
		await server.command("CONFIG", "RESETSTAT");
		for (let i = 0; i < 20; i++)
			await Promise.all(Array.from({ length: 250 }, (_, n) => operation(i * 250 + n)));
		const stats = String(await server.command("INFO", "commandstats"));
		const [, us = "?"] = /cmdstat_evalsha:.*usec_per_call=([\d.]+)/.exec(stats) ?? [];
		console.log(`  ${name.padEnd(32)} ${us}`);
	}
}

async function memory(port, { wide, log, counter, window }) {
	const bytes = (key) => port.command(raw(["MEMORY", "USAGE", key, "SAMPLES", "0"]));
	console.log("\nbytes a key");
	for (const [name, limiter] of Object.entries({ wide, counter, window })) {
		await limiter.limit("user:memory", { cost: 1_000 });
		console.log(`  ${limiter.policy.name.padEnd(32)} ${await bytes(`rl:{user%3Amemory}:${name}`)}`);
	}
	await log.limit("user:memory", { cost: 1_000 });
	console.log(`  ${"log, a unit".padEnd(32)} ${(await bytes("rl:{user%3Amemory}:log")) / 1_000}`);
}

/** A million subjects that are denied, and a cache of ten thousand. */
async function denyCache(port, bench) {
	const algorithm = gcra({ rate: perSecond(1), burst: 1 });
	const options = {
		name: "cached",
		algorithm,
		onUnavailable: "deny",
		timeoutMs: 5_000,
		denyCache: { max: 10_000 },
	};
	const limiter = createRateLimiter(port, options);
	await limiter.limit("often");
	await limiter.limit("often");
	const before = process.cpuUsage();
	const CALLS = 100_000;
	for (let i = 0; i < CALLS; i++) await limiter.limit("often");
	const { user, system } = process.cpuUsage(before);
	console.log(`\ndeny cache: ${((user + system) / CALLS).toFixed(2)} CPU µs a cached denial`);
	const heap = process.memoryUsage().heapUsed;
	const others = bench.quick ? 100_000 : 1_000_000;
	for (let i = 0; i < others; i += 500)
		await Promise.all(Array.from({ length: 500 }, (_, n) => limiter.limit(`s${i + n}`, { cost: 2 })));
	const grown = (process.memoryUsage().heapUsed - heap) / 2 ** 20;
	console.log(`deny cache: heap grown by ${grown.toFixed(1)} MiB after ${others} other subjects`);
}
