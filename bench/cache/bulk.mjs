import { createCache } from "@rk/cache";
import * as overIoredis from "@rk/ioredis";
import * as overNodeRedis from "@rk/node-redis";
import { startCluster } from "@rk/testing";
import { keep } from "./commands.mjs";
import { VALUE } from "./hits.mjs";

/** Of the event loop, in milliseconds, at most. */
const LAG_MS = 50;

/** Many keys in one call, on three masters: how long the process answers nobody else meanwhile. */
export async function bulk(bench) {
	const many = bench.quick ? 20_000 : 100_000;
	const cluster = await startCluster({ masters: 3 });
	console.log(
		`\n${many.toLocaleString("en")} keys in one call, 3 masters: time, and the longest lag of the event loop`,
	);
	const nodes = cluster.nodes.map(({ url }) => url);
	for (const [name, { connectCluster }] of Object.entries({
		ioredis: overIoredis,
		"node-redis": overNodeRedis,
	})) {
		const redis = await connectCluster({ nodes });
		const cache = createCache(redis, {
			...{ namespace: `bulk-${name}`, redisTimeoutMs: 60_000, hardTimeoutMs: 120_000, l1: false },
		});
		const keys = Array.from({ length: many }, (_, i) => `user:${i}`);
		const entries = keys.map((key) => [key, VALUE]);
		const loaded = new Map(entries.map(([key, value]) => [`cold:${key}`, value]));
		const cold = [...loaded.keys()];
		await cache.setMany(entries.slice(0, 1_000));
		await lag(bench, `${name}: setMany`, () => cache.setMany(entries));
		await lag(bench, `${name}: getMany`, () => cache.getMany(keys));
		await lag(bench, `${name}: getOrLoadMany, all missing`, () => cache.getOrLoadMany(cold, () => loaded));
		await lag(bench, `${name}: getOrLoadMany, all there`, () => cache.getOrLoadMany(cold, () => loaded));
		await lag(bench, `${name}: deleteMany`, () => cache.deleteMany(keys));
		await cache.close();
		await redis.close();
	}
	await cluster.stop();
}

async function lag(bench, name, work) {
	const turns = watchTurns();
	const began = performance.now();
	await work();
	const ms = performance.now() - began;
	const { longest, cpu } = await turns.end();
	const verdict = `longest ${longest.toFixed(1).padStart(6)} ms, at most ${LAG_MS} ${longest <= LAG_MS ? "✓" : "✗"}; its own work ${cpu.toFixed(1)} ms`;
	console.log(`  ${name.padEnd(38)} ${ms.toFixed(0).padStart(6)} ms  ${verdict}`);
	keep(bench, "bulk", name, "longest lag", "ms", longest);
	keep(bench, "bulk", name, "most work in a turn", "ms", cpu);
}

/**
 * The longest time between two ticks of a millisecond's timer, by the clock, and the most CPU time that the process used between two: of a
 * busy machine, only the latter says what the process did to itself.
 */
function watchTurns() {
	const found = { longest: 0, cpu: 0 };
	let at = performance.now();
	let used = process.cpuUsage();
	const look = () => {
		const now = performance.now();
		const { user, system } = process.cpuUsage(used);
		found.longest = Math.max(found.longest, now - at - 1);
		found.cpu = Math.max(found.cpu, (user + system) / 1e3);
		at = now;
		used = process.cpuUsage();
	};
	const timer = setInterval(look, 1);
	return {
		async end() {
			await new Promise((resolve) => setTimeout(resolve, 2)); // the last turn counts too
			clearInterval(timer);
			look();
			return found;
		},
	};
}
