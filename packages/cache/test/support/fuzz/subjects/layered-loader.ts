import { Redis } from "ioredis-5";
import { createNotificationPair, Loader, RedisCache } from "layered-loader";
import type { Value } from "../history.ts";
import { rememberedLoaders } from "./remembered-loaders.ts";
import type { OpenSubject } from "./subject.ts";

export const open: OpenSubject = async ({ urls, tiers, ttlMs }) => {
	const [url = ""] = urls;
	const redis = Array.from({ length: tiers === "L1" ? 0 : 3 }, () => new Redis(url));
	const [data, publisherRedis, consumerRedis] = redis;
	const bus =
		tiers === "L1 + L2" && publisherRedis !== undefined && consumerRedis !== undefined
			? createNotificationPair<Value>({ channel: "fuzz", publisherRedis, consumerRedis })
			: undefined;
	const loaders = rememberedLoaders((key) => loader.get(key));
	const loader = new Loader<Value>({
		inMemoryCache: tiers === "L2" ? false : { ttlInMsecs: ttlMs },
		...(data === undefined
			? {}
			: { asyncCache: new RedisCache<Value>(data, { json: true, ttlInMsecs: ttlMs, prefix: "fuzz" }) }),
		...(bus === undefined
			? {}
			: { notificationConsumer: bus.consumer, notificationPublisher: bus.publisher }),
		dataSourceGetOneFn: loaders.load,
		cacheKeyFromValueResolver: ({ key }) => key,
	});
	await loader.init();
	return {
		getOrLoad: loaders.getOrLoad,
		...(tiers === "L2" ? {} : { peek: (key: string) => loader.getInMemoryOnly(key) ?? undefined }),
		delete: (key) => loader.invalidateCacheFor(key),
		deleteMany: (keys) => loader.invalidateCacheForMany([...keys]),
		clear: () => loader.invalidateCache(),
		async close() {
			await loader.close();
			for (const client of redis) client.disconnect();
		},
	};
};
