import { setTimeout as delay } from "node:timers/promises";
import type { RedisPort } from "@rk/client";
import * as overIoredis from "@rk/ioredis";
import * as overNodeRedis from "@rk/node-redis";
import { type Cache, createCache } from "../../../../src/index.ts";
import type { Value } from "../history.ts";
import type { BulkLoader, OpenSubject, SubjectSettings } from "./subject.ts";

/** The fuzz is not about a Redis that does not answer, and the machine may be busy. */
const PATIENCE_MS = 20_000;

async function openPort({ client, topology, urls, tiers }: SubjectSettings): Promise<RedisPort | null> {
	if (tiers === "L1") return null;
	const { connect, connectCluster } = client === "ioredis" ? overIoredis : overNodeRedis;
	// A busy machine is no finding.
	const wait = { connectTimeoutMs: 60_000 };
	return topology === "cluster"
		? connectCluster({ nodes: urls, ...wait })
		: connect({ url: urls[0] ?? "", ...wait });
}

/** The cache of this package. */
export const open: OpenSubject = async (settings) => {
	const { tiers, ttlMs, staleMs, heartbeatMs, tags } = settings;
	const redis = await openPort(settings);
	const cache = createCache(redis, {
		...{ namespace: "fuzz", ttlMs, staleMs, heartbeatMs, ...(tiers === "L2" ? { l1: false } : {}) },
		...{ redisTimeoutMs: PATIENCE_MS, leaseWaitMs: PATIENCE_MS, hardTimeoutMs: PATIENCE_MS },
	});
	// Until then there is no memory tier.
	while (tiers === "L1 + L2" && cache.stats().bus !== "up") await delay(5);
	const tagsOf = (key: string): readonly string[] => tags[key] ?? [];
	return {
		getOrLoad: (key, load) => cache.getOrLoad(key, load, { tags: tagsOf(key) }),
		get: (key) => cache.get<Value>(key),
		...(tiers === "L2" ? {} : { peek: (key: string) => cache.peek<Value>(key) }),
		getMany: (keys) => cache.getMany<Value>(keys),
		getOrLoadMany: (keys, load) => loadMany(cache, keys, load, tagsOf),
		set: (value) => cache.set(value.key, value, { tags: tagsOf(value.key) }),
		async setMany(values) {
			const entry = (value: Value): [string, Value] => [value.key, value];
			const groups = byTags(values, ({ key }) => tagsOf(key));
			await Promise.all(groups.map(({ tags, of }) => cache.setMany(of.map(entry), { tags })));
		},
		delete: (key) => cache.delete(key),
		deleteMany: (keys) => cache.deleteMany(keys),
		expire: (key) => cache.expire(key),
		invalidateTag: (tag) => cache.invalidateTag(tag),
		expireTag: (tag) => cache.expireTag(tag),
		clear: () => cache.clear(),
		async close() {
			await cache.close();
			await redis?.close();
		},
	};
};

/** One call is for keys with the same tags. */
async function loadMany(
	cache: Cache,
	keys: readonly string[],
	load: BulkLoader,
	tagsOf: (key: string) => readonly string[],
): Promise<Value[]> {
	const groups = byTags([...keys.entries()], ([, key]) => tagsOf(key));
	const values: Value[] = [];
	await Promise.all(
		groups.map(async ({ tags, of }) => {
			const asked = of.map(([, key]) => key);
			const got = await cache.getOrLoadMany(asked, (missing) => load(missing), { tags });
			for (const [n, [place]] of of.entries()) {
				const value = got[n];
				if (value === undefined || value === null) throw new Error(`Nothing for ${asked[n]}`);
				values[place] = value;
			}
		}),
	);
	return values;
}

function byTags<T>(
	all: readonly T[],
	tagsOf: (one: T) => readonly string[],
): { readonly tags: readonly string[]; readonly of: readonly T[] }[] {
	const groups = new Map<string, { tags: readonly string[]; of: T[] }>();
	for (const one of all) {
		const tags = tagsOf(one);
		const group = groups.get(tags.join()) ?? { tags, of: [] };
		groups.set(tags.join(), group);
		group.of.push(one);
	}
	return [...groups.values()];
}
