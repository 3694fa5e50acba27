import { BentoCache, bentostore } from "bentocache";
import { memoryDriver } from "bentocache/drivers/memory";
import { redisBusDriver, redisDriver } from "bentocache/drivers/redis";
import type { OpenSubject } from "./subject.ts";
import { valueFrom, valueOrMiss } from "./value.ts";

export const open: OpenSubject = async ({ urls, tiers, ttlMs, staleMs, tags }) => {
	const { hostname, port } = new URL(urls[0] ?? "");
	const connection = { host: hostname, port: Number(port) };
	const store = bentostore();
	if (tiers !== "L2") store.useL1Layer(memoryDriver());
	if (tiers !== "L1") store.useL2Layer(redisDriver({ connection }));
	if (tiers === "L1 + L2") store.useBus(redisBusDriver({ connection }));
	const bento = new BentoCache({
		...{ default: "main", stores: { main: store }, ttl: ttlMs },
		...(staleMs > 0 ? { grace: staleMs } : {}),
	});
	return {
		getOrLoad: async (key, load) =>
			valueFrom(await bento.getOrSet({ key, factory: load, tags: [...(tags[key] ?? [])] })),
		get: async (key) => valueOrMiss(await bento.get({ key })),
		set: (value) => bento.set({ key: value.key, value, tags: [...(tags[value.key] ?? [])] }),
		delete: (key) => bento.delete({ key }),
		deleteMany: (keys) => bento.deleteMany({ keys: [...keys] }),
		expire: (key) => bento.expire({ key }),
		invalidateTag: (tag) => bento.deleteByTag({ tags: [tag] }),
		clear: () => bento.clear(),
		close: () => bento.disconnectAll(),
	};
};
