import { createKeyv } from "@keyv/redis";
import { Cacheable } from "cacheable";
import type { OpenSubject } from "./subject.ts";
import { valueFrom, valueOrMiss } from "./value.ts";

/** It has no bus of its own, and cannot do without its memory tier. */
export const open: OpenSubject = async ({ urls, tiers, ttlMs }) => {
	const redis = tiers === "L1" ? undefined : createKeyv(urls[0] ?? "");
	const cache = new Cacheable({ ttl: ttlMs, ...(redis === undefined ? {} : { secondary: redis }) });
	return {
		getOrLoad: async (key, load) => valueFrom(await cache.getOrSet(key, load, { throwErrors: true })),
		get: async (key) => valueOrMiss(await cache.get(key)),
		getMany: async (keys) => (await cache.getMany([...keys])).map(valueOrMiss),
		set: (value) => cache.set(value.key, value),
		setMany: (values) => cache.setMany(values.map((value) => ({ key: value.key, value }))),
		delete: (key) => cache.delete(key),
		deleteMany: (keys) => cache.deleteMany([...keys]),
		clear: () => cache.clear(),
		close: () => cache.disconnect(),
	};
};
