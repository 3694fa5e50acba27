import { get } from "@rk/client";
import { ioredisPort } from "@rk/ioredis";
import { nodeRedisPort } from "@rk/node-redis";
import { LRUCache } from "lru-cache";
import { connectionsTo } from "../frame/connections.mjs";
import { CONTENDERS, closeAll, isOurs, openAll } from "./contenders.mjs";

/** Least shares of the rate of what is bare, of the text. */
const LEAST = { getOrLoad: 0.6, peek: 0.7, redis: 0.85 };
/** Calls in one operation, so that the frame's own share of it is small. */
const BATCH = 50;
const KEYS = Array.from({ length: 1_000 }, (_, i) => `user:${i}`);
const keyOf = (i) => KEYS[i % KEYS.length];
export const VALUE = {
	id: 4711,
	name: "Ada Lovelace",
	email: "ada@example.org",
	roles: ["admin", "author"],
	ok: true,
};
const load = async () => VALUE;

const inBatches = (read) => async (i) => {
	for (let n = 0; n < BATCH; n++) await read(keyOf(i * BATCH + n));
};
const inBatchesAtOnce = (read) => (i) => {
	for (let n = 0; n < BATCH; n++) if (read(keyOf(i * BATCH + n)) === undefined) throw new Error("A miss");
};

/** What is in memory: by getOrLoad, awaited, and by peek, at once. */
export async function memoryHits(bench, server) {
	const lru = new LRUCache({ max: 200_000 });
	for (const key of KEYS) lru.set(key, VALUE);
	const opened = await openAll({ tiers: "memory", load });
	const both = await CONTENDERS["@rk/cache, ioredis"]({ ...at(server), tiers: "both", load });
	opened.set("@rk/cache, both tiers", both);
	for (const one of opened.values()) for (const key of KEYS) await one.read(key);
	const bare = "bare lru-cache";
	await bench.measure({
		...{
			name: `${BATCH} hits in memory by getOrLoad, awaited`,
			concurrency: 1,
			operations: 1_000,
			rounds: 11,
		},
		subjects: [
			{ name: bare, operation: inBatches((key) => lru.get(key)) },
			...[...opened].map(([name, { read }]) => {
				const ours = isOurs(name);
				return {
					name,
					operation: inBatches(read),
					against: bare,
					...(ours ? { atLeast: LEAST.getOrLoad } : {}),
				};
			}),
		],
	});
	const sync = [...opened].filter(([, { peek }]) => peek !== undefined);
	await bench.measure({
		...{ name: `${BATCH} hits in memory by peek, at once`, concurrency: 1, operations: 2_000, rounds: 11 },
		subjects: [
			{ name: bare, operation: inBatchesAtOnce((key) => lru.get(key)) },
			...sync.map(([name, { peek }]) => {
				const ours = isOurs(name);
				return {
					name,
					operation: inBatchesAtOnce(peek),
					against: bare,
					...(ours ? { atLeast: LEAST.peek } : {}),
				};
			}),
		],
	});
	await closeAll(opened);
}

const at = ({ host, port }) => ({ host, port });

/** What is in Redis and not in memory. */
export async function redisHits(bench, server) {
	const { ioredis, nodeRedis, kept, end } = connectionsTo(server);
	const bare = {
		"@rk/cache, ioredis": "bare GET, ioredis",
		"@rk/cache, node-redis": "bare GET, node-redis",
	};
	const ports = {
		"bare GET, ioredis": kept(ioredisPort(ioredis())),
		"bare GET, node-redis": kept(nodeRedisPort(await nodeRedis())),
	};
	const rows = KEYS.map((key) => ["SET", `bare:${key}`, JSON.stringify(VALUE)]);
	for (const row of rows) await server.command(...row);
	const opened = await openAll({ ...at(server), tiers: "redis", load });
	// A memory tier that holds one of a thousand: what it does not have is read from Redis, with tokens that it knows.
	const small = {};
	for (const name of Object.keys(bare)) {
		const one = await CONTENDERS[name]({ ...at(server), tiers: "both", load, l1: { max: 1 } });
		small[`${name}, both tiers`] = bare[name];
		opened.set(`${name}, both tiers`, one);
	}
	for (const one of opened.values()) for (const key of KEYS) await one.read(key);
	// Short rounds, and many: the target is near what the machine's moods do to one of them.
	for (const [concurrency, operations] of [
		[1, 400],
		[64, 5_000],
		[512, 10_000],
	]) {
		await bench.measure({
			...{ name: `hits in Redis by getOrLoad × ${concurrency}`, concurrency, operations, rounds: 21 },
			subjects: [
				...Object.entries(ports).map(([name, port]) => ({
					name,
					operation: async (i) => JSON.parse(await port.command(get(`bare:${keyOf(i)}`))),
				})),
				...[...opened].map(([name, { read }]) => {
					const against = bare[name] ?? small[name] ?? "bare GET, ioredis";
					const goal = isOurs(name) ? { atLeast: LEAST.redis } : {};
					return { name, operation: (i) => read(keyOf(i)), against, ...goal };
				}),
			],
		});
	}
	await closeAll(opened);
	await end();
}

/** Keys that nobody had before, and values that are set. */
export async function misses(bench, server) {
	let fresh = 0;
	const opened = await openAll({ ...at(server), tiers: "redis", load });
	for (const [name, one] of await openAll({ ...at(server), tiers: "both", load })) {
		if (opened.has(name)) await one.close();
		else opened.set(`${name}, both tiers`, one);
	}
	const [against] = opened.keys();
	const beside = (name) => (name === against ? {} : { against });
	await bench.measure({
		...{ name: "misses × 64", concurrency: 64, operations: 3_000, rounds: 5 },
		subjects: [...opened].map(([name, { read }]) => ({
			...{ name, operation: () => read(`fresh:${fresh++}`), ...beside(name) },
		})),
	});
	const setters = [...opened].filter(([, { set }]) => set !== undefined);
	await bench.measure({
		...{ name: "sets × 64", concurrency: 64, operations: 5_000, rounds: 5 },
		subjects: setters.map(([name, { set }]) => ({
			name,
			operation: (i) => set(keyOf(i), VALUE),
			...beside(name),
		})),
	});
	await closeAll(opened);
}
