import { createKeyv } from "@keyv/redis";
import { createCache } from "@rk/cache";
import { ioredisPort } from "@rk/ioredis";
import { nodeRedisPort } from "@rk/node-redis";
import { createCache as createDedupe } from "async-cache-dedupe";
import { BentoCache, bentostore } from "bentocache";
import { memoryDriver } from "bentocache/drivers/memory";
import { redisBusDriver, redisDriver } from "bentocache/drivers/redis";
import { createCache as createManager } from "cache-manager";
import { Cacheable, Keyv } from "cacheable";
import { Redis } from "ioredis";
import { createNotificationPair, Loader, RedisCache } from "layered-loader";
import { createClient } from "redis";

const TTL_MS = 600_000;

async function ours(port, end, { tiers, load, l1, options }) {
	const cache = createCache(port, {
		...{
			namespace: "bench",
			ttlMs: TTL_MS,
			redisTimeoutMs: 30_000,
			hardTimeoutMs: 60_000,
			leaseWaitMs: 60_000,
		},
		...(tiers === "redis" ? { l1: false } : { l1: { max: 200_000, ttlMs: TTL_MS, ...l1 } }),
		...options,
	});
	const loader = ({ key }) => load(key);
	while (tiers === "both" && cache.stats().bus !== "up")
		await new Promise((resolve) => setTimeout(resolve, 5));
	return {
		cache,
		read: (key) => cache.getOrLoad(key, loader),
		readTagged: (key, tags) => cache.getOrLoad(key, loader, { tags }),
		peek: (key) => cache.peek(key),
		set: (key, value) => cache.set(key, value),
		remove: (key) => cache.delete(key),
		setTagged: (key, value, tags) => cache.set(key, value, { tags }),
		invalidateTag: (tag) => cache.invalidateTag(tag),
		async close() {
			await cache.close();
			await port?.close();
			await end();
		},
	};
}

/**
 * Each opens one cache for `{host, port, tiers, load}`, as one process has it: in `memory`, in `redis`, or in `both`.
 * `undefined`: it cannot be had that way. `load(key)` is what a miss asks.
 */
export const CONTENDERS = {
	async "@rk/cache, ioredis"(settings) {
		if (settings.tiers === "memory") return ours(null, () => {}, settings);
		const redis = new Redis({ host: settings.host, port: settings.port });
		return ours(ioredisPort(redis), () => redis.disconnect(), settings);
	},
	async "@rk/cache, node-redis"(settings) {
		if (settings.tiers === "memory") return undefined;
		const client = createClient({ socket: { host: settings.host, port: settings.port } });
		await client.connect();
		return ours(nodeRedisPort(client), () => client.destroy(), settings);
	},
	async bentocache({ host, port, tiers, load }) {
		const connection = { host, port };
		const store = bentostore();
		if (tiers !== "redis") store.useL1Layer(memoryDriver({ maxItems: 200_000 }));
		if (tiers !== "memory") store.useL2Layer(redisDriver({ connection }));
		if (tiers === "both") store.useBus(redisBusDriver({ connection }));
		const bento = new BentoCache({ default: "main", stores: { main: store }, ttl: TTL_MS, grace: false });
		return {
			read: (key) => bento.getOrSet({ key, factory: () => load(key) }),
			readTagged: (key, tags) => bento.getOrSet({ key, tags, factory: () => load(key) }),
			set: (key, value) => bento.set({ key, value }),
			remove: (key) => bento.delete({ key }),
			setTagged: (key, value, tags) => bento.set({ key, value, tags }),
			invalidateTag: (tag) => bento.deleteByTag({ tags: [tag] }),
			close: () => bento.disconnectAll(),
		};
	},
	async cacheable({ host, port, tiers, load }) {
		if (tiers === "redis") return undefined;
		const redis = tiers === "both" ? createKeyv(`redis://${host}:${port}`) : undefined;
		const cache = new Cacheable({ ttl: TTL_MS, tags: true, ...(redis ? { secondary: redis } : {}) });
		return {
			read: (key) => cache.getOrSet(key, () => load(key)),
			set: (key, value) => cache.set(key, value),
			remove: (key) => cache.delete(key),
			setTagged: (key, value, tags) => cache.set(key, value, { tags }),
			get: (key) => cache.get(key),
			invalidateTag: (tag) => cache.tags.invalidateTag(tag),
			close: () => cache.disconnect(),
		};
	},
	async "cache-manager"({ host, port, tiers, load }) {
		const stores = [
			...(tiers === "redis" ? [] : [new Keyv()]),
			...(tiers === "memory" ? [] : [createKeyv(`redis://${host}:${port}`)]),
		];
		const cache = createManager({ stores, ttl: TTL_MS });
		return {
			read: (key) => cache.wrap(key, () => load(key)),
			set: (key, value) => cache.set(key, value),
			remove: (key) => cache.del(key),
			close: () => cache.disconnect(),
		};
	},
	async "async-cache-dedupe"({ host, port, tiers, load }) {
		if (tiers === "both") return undefined;
		const client = tiers === "redis" ? new Redis({ host, port }) : undefined;
		const invalidation = { referencesTTL: TTL_MS / 1_000 };
		const storage = client
			? { type: "redis", options: { client, invalidation } }
			: { type: "memory", options: { size: 200_000 } };
		let references = [];
		const cache = createDedupe({ ttl: TTL_MS / 1_000, storage });
		cache.define("value", { references: () => references }, load);
		return {
			read: (key) => cache.value(key),
			readTagged(key, tags) {
				references = tags;
				return cache.value(key);
			},
			remove: (key) => cache.clear("value", key),
			invalidateTag: (tag) => cache.invalidateAll(tag),
			close: () => client?.disconnect(),
		};
	},
	async "layered-loader"({ host, port, tiers, load }) {
		const clients = Array.from({ length: tiers === "memory" ? 0 : 3 }, () => new Redis({ host, port }));
		const [data, publisherRedis, consumerRedis] = clients;
		const bus =
			tiers === "both"
				? createNotificationPair({ channel: "bench", publisherRedis, consumerRedis })
				: undefined;
		const loader = new Loader({
			inMemoryCache: tiers === "redis" ? false : { ttlInMsecs: TTL_MS, maxItems: 200_000 },
			...(data ? { asyncCache: new RedisCache(data, { json: true, prefix: "ll", ttlInMsecs: TTL_MS }) } : {}),
			...(bus ? { notificationConsumer: bus.consumer, notificationPublisher: bus.publisher } : {}),
			dataSourceGetOneFn: load,
		});
		await loader.init();
		return {
			read: (key) => loader.get(key),
			peek: (key) => loader.getInMemoryOnly(key),
			...(tiers === "memory" ? {} : { set: (key, value) => loader.forceSetValue(key, value) }),
			remove: (key) => loader.invalidateCacheFor(key),
			async close() {
				await loader.close();
				for (const client of clients) client.disconnect();
			},
		};
	},
};

export const isOurs = (name) => name.startsWith("@rk/");

/** Every contender that can be had in these tiers, by its name. */
export async function openAll(settings) {
	const opened = new Map();
	for (const [name, open] of Object.entries(CONTENDERS)) {
		const one = await open(settings);
		if (one !== undefined) opened.set(name, one);
	}
	return opened;
}

export async function closeAll(opened) {
	for (const one of opened.values()) await one.close();
}
