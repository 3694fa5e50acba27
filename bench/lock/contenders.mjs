import { createHash, randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { setTimeout as delay } from "node:timers/promises";
import { ioredisPort } from "@rk/ioredis";
import { createLocks } from "@rk/lock";
import { nodeRedisPort } from "@rk/node-redis";
import { Redis } from "ioredis";
import { createClient } from "redis";

/** The other libraries are there for the lock package's harness, and are found from there. */
const peer = createRequire(new URL("../../packages/lock/package.json", import.meta.url));
const { default: Redlock } = peer("redlock");
const { Mutex } = peer("redis-semaphore");
const { createLock, IoredisAdapter } = peer("redlock-universal");
const { lock: lockSimply } = peer("simple-redis-mutex");

const TTL_MS = 10_000;
const POLL_MS = 50;

export const RELEASE = `
if redis.call("get", KEYS[1]) == ARGV[1] then
	return redis.call("del", KEYS[1])
end
return 0`;
const RELEASE_SHA1 = createHash("sha1").update(RELEASE).digest("hex");

/** Where a client connects: a server, or a proxy before one. */
const openIoredis = ({ host, port }) => new Redis({ host, port });

async function openNodeRedis({ host, port }) {
	const client = createClient({ socket: { host, port } });
	await client.connect();
	return client;
}

/** On the pair of commands that any lock needs at least. */
export const RAW = {
	"raw pair, ioredis": async (at) => {
		const redis = openIoredis(at);
		const acquire = async (key) => {
			const token = randomUUID();
			await redis.set(key, token, "PX", TTL_MS, "NX");
			return () => redis.evalsha(RELEASE_SHA1, 1, key, token);
		};
		return { acquire, close: () => redis.disconnect() };
	},
	"raw pair, node-redis": async (at) => {
		const client = await openNodeRedis(at);
		const acquire = async (key) => {
			const token = randomUUID();
			await client.set(key, token, { NX: true, PX: TTL_MS });
			return () => client.evalSha(RELEASE_SHA1, { keys: [key], arguments: [token] });
		};
		return { acquire, close: () => client.destroy() };
	},
};

const ours = (port, end) => {
	const locks = createLocks(port, { ttlMs: TTL_MS });
	return {
		async acquire(key) {
			const lock = await locks.acquire(key);
			return () => lock.release();
		},
		async close() {
			await locks.close();
			await port.close();
			await end();
		},
	};
};

/** Each opens one client: `acquire(key)` waits for the lock and gives what releases it. All wait as they do by default. */
export const CONTENDERS = {
	"@rk/lock, ioredis": async (at) => {
		const redis = openIoredis(at);
		return ours(ioredisPort(redis), () => redis.disconnect());
	},
	"@rk/lock, node-redis": async (at) => {
		const client = await openNodeRedis(at);
		return ours(nodeRedisPort(client), () => client.destroy());
	},
	"recipe book, poll 50 ms": async (at) => {
		const redis = openIoredis(at);
		const acquire = async (key) => {
			const token = randomUUID();
			while ((await redis.set(key, token, "PX", TTL_MS, "NX")) === null) await delay(POLL_MS);
			return () => redis.evalsha(RELEASE_SHA1, 1, key, token);
		};
		return { acquire, close: () => redis.disconnect() };
	},
	"redis-semaphore": async (at) => {
		const redis = openIoredis(at);
		const acquire = async (key) => {
			const mutex = new Mutex(redis, key, { lockTimeout: TTL_MS, acquireTimeout: 60_000 });
			await mutex.acquire();
			return () => mutex.release();
		};
		return { acquire, close: () => redis.disconnect() };
	},
	"node-redlock": async (at) => {
		const redis = openIoredis(at);
		const redlock = new Redlock([redis], { retryCount: -1 });
		const acquire = async (key) => {
			const lock = await redlock.acquire([key], TTL_MS);
			return () => lock.release();
		};
		return { acquire, close: () => redis.disconnect() };
	},
	"redlock-universal": async (at) => {
		const redis = openIoredis(at);
		const adapter = new IoredisAdapter(redis);
		const acquire = async (key) => {
			const lock = createLock({ adapter, key, ttl: TTL_MS, retryAttempts: 1_000 });
			const handle = await lock.acquire();
			return () => lock.release(handle);
		};
		return { acquire, close: () => redis.disconnect() };
	},
	"simple-redis-mutex": async (at) => {
		const client = await openNodeRedis(at);
		const close = async () => {
			await client.close();
			await delay(100); // its subscriber, which nobody else can reach, ends when it hears of this
		};
		return { acquire: (key) => lockSimply(client, key, { timeout: TTL_MS }), close };
	},
};
