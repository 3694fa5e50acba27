import type { RedisPort } from "@rk/client";
import { onTestFinished } from "vitest";
import { until } from "../../../test/adapters.ts";
import { type Cache, type CacheEvent, type CacheOptions, createCache } from "../src/index.ts";

export { type Adapter, adapters, open, until } from "../../../test/adapters.ts";

export type TestCache = Cache & { readonly events: CacheEvent[] };

/** A cache that ends with the test, and what happened in it. */
export function cacheOn(redis: RedisPort | null, options: Partial<CacheOptions> = {}): TestCache {
	const events: CacheEvent[] = [];
	const cache = createCache(redis, {
		namespace: freshNamespace(),
		// Other work on the machine must not look like an outage.
		redisTimeoutMs: 20_000,
		onEvent: (event) => events.push(event),
		...options,
	});
	onTestFinished(() => cache.close());
	return Object.assign(cache, { events });
}

/** The same, when it hears of the invalidations of others, so that its memory is in use. */
export async function listeningOn(redis: RedisPort, options: Partial<CacheOptions> = {}): Promise<TestCache> {
	const cache = cacheOn(redis, options);
	await until(() => cache.stats().bus === "up");
	return cache;
}

let namespaces = 0;

/** A namespace that no other test has. */
export function freshNamespace(): string {
	namespaces += 1;
	return `test-${process.pid}-${namespaces}`;
}

/** A promise, and what settles it. */
export interface Gate<T> {
	readonly opened: Promise<T>;
	open(value: T): void;
	fail(error: unknown): void;
}

export function gate<T>(): Gate<T> {
	let open: (value: T) => void = () => {};
	let fail: (error: unknown) => void = () => {};
	const opened = new Promise<T>((resolve, reject) => {
		open = resolve;
		fail = reject;
	});
	return { opened, open, fail };
}

/** A loader that begins when it is called, and ends when it is told to. */
export function slow<T>(): {
	readonly load: () => Promise<T>;
	readonly begun: Promise<void>;
	readonly end: Gate<T>;
} {
	const end = gate<T>();
	const begun = gate<void>();
	const load = (): Promise<T> => {
		begun.open();
		return end.opened;
	};
	return { load, begun: begun.opened, end };
}
