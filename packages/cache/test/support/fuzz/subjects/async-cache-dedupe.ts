import { createCache } from "async-cache-dedupe";
import { openIoredis } from "./ioredis-client.ts";
import { rememberedLoaders } from "./remembered-loaders.ts";
import type { OpenSubject } from "./subject.ts";

/** It has one tier: memory, or Redis. */
export const open: OpenSubject = async (settings) => {
	const { tiers, ttlMs, staleMs, tags } = settings;
	if (tiers === "L1 + L2") throw new Error("This subject has one tier");
	const client = tiers === "L1" ? undefined : openIoredis(settings);
	const loaders = rememberedLoaders((key) => cache.value(key));
	const cache = createCache({
		...{ ttl: ttlMs / 1_000, stale: staleMs / 1_000 },
		storage:
			client === undefined
				? { type: "memory" }
				: { type: "redis", options: { client, invalidation: { referencesTTL: 3_600 } } },
	}).define("value", { references: (key: string) => [...(tags[key] ?? [])] }, loaders.load);
	return {
		getOrLoad: loaders.getOrLoad,
		delete: (key) => cache.clear("value", key),
		invalidateTag: (tag) => cache.invalidateAll(tag),
		clear: () => cache.clear(),
		async close() {
			client?.disconnect();
		},
	};
};
