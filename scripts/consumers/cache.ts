import {
	type Cache,
	type CacheEvent,
	type CacheStats,
	createCache,
	type Defined,
	InvalidationError,
	json,
	type Loader,
	LoadTimeoutError,
} from "@rk/cache";
import { msgpackr } from "@rk/cache/msgpackr";
import type { RedisPort } from "@rk/client";

export function make(redis: RedisPort | null, compact: boolean): Cache {
	return createCache(redis, {
		namespace: "app",
		l1: { max: 1_000, ttlMs: 10_000, mode: "clone" },
		ttlMs: 60_000,
		codec: compact ? msgpackr : json,
		onEvent: (event: CacheEvent) => {
			if (event.type === "load-failed") console.log(event.key, event.error);
		},
	});
}

export async function read(cache: Cache, signal: AbortSignal): Promise<number> {
	const load: Loader<number | null> = ({ key, tags }) => {
		tags("numbers");
		return key === "none" ? null : key.length;
	};
	try {
		const value: number | null = await cache.getOrLoad("key", load, { signal, staleMs: 1_000 });
		const many: Array<string | null> = await cache.getOrLoadMany(
			["a"],
			(keys) => new Map(keys.map((key) => [key, key])),
		);
		const each: Array<string | null | Error> = await cache.getOrLoadMany(
			["a", "b"],
			(keys) => keys.map((key) => (key === "b" ? new Error("no b") : key)),
			{ errors: "return" },
		);
		return (value ?? 0) + many.length + each.length + (cache.peek<number>("key") ?? 0);
	} catch (error) {
		if (error instanceof LoadTimeoutError) console.log(error.phase, error.timeoutMs);
		throw error;
	}
}

export async function write(cache: Cache): Promise<CacheStats> {
	const lengths: Defined<string, number> = cache.define("length", { load: (text: string) => text.length });
	await lengths.refresh("text");
	try {
		await cache.invalidateTag("numbers");
	} catch (error) {
		if (error instanceof InvalidationError) console.log(error.operation, error.outcome);
	}
	return cache.stats();
}
