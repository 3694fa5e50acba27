import { createKeyv } from "@keyv/redis";
import { createCache } from "cache-manager";
import { Keyv } from "cacheable";
import type { OpenSubject } from "./subject.ts";
import { valueFrom, valueOrMiss } from "./value.ts";

export const open: OpenSubject = async ({ urls, tiers, ttlMs }) => {
	const memory = tiers === "L2" ? [] : [new Keyv()];
	const redis = tiers === "L1" ? [] : [createKeyv(urls[0] ?? "")];
	const cache = createCache({ stores: [...memory, ...redis], ttl: ttlMs });
	return {
		getOrLoad: async (key, load) => valueFrom(await cache.wrap(key, load)),
		get: async (key) => valueOrMiss(await cache.get(key)),
		getMany: async (keys) => (await cache.mget([...keys])).map(valueOrMiss),
		set: (value) => cache.set(value.key, value),
		setMany: (values) => cache.mset(values.map((value) => ({ key: value.key, value }))),
		delete: (key) => cache.del(key),
		deleteMany: (keys) => cache.mdel([...keys]),
		clear: () => cache.clear(),
		async close() {
			await cache.disconnect();
		},
	};
};
