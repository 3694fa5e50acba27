import fc from "fast-check";
import { describe, expect, inject, test } from "vitest";
import { freshMs } from "../src/policy.ts";
import { adapters, cacheOn, freshNamespace, open, slow, type TestCache, until } from "./redis.ts";

/** Over Redis alone, and in memory alone, both with a clock that the test moves. */
const tiers = [
	...adapters.map((adapter) => ({ name: adapter.name, adapter })),
	{ name: "memory", adapter: undefined },
];

describe.each(tiers)("over $name", ({ adapter }) => {
	let now = Date.now();
	const policy = { ttlMs: 1_000, jitter: 0 };

	const fresh = async (options: object = {}): Promise<TestCache> => {
		const redis = adapter === undefined ? null : await open(adapter, inject("redisUrl"));
		const l1 = redis === null ? { ttlMs: 3_600_000 } : false;
		return cacheOn(redis, { namespace: freshNamespace(), clock: () => now, l1, ...policy, ...options });
	};

	/** "k" is past its time, was served, and is being loaded anew in the background. */
	const refreshing = async () => {
		const cache = await fresh({ staleMs: 60_000 });
		await cache.getOrLoad("k", () => "old");
		now += 1_000;
		const refresh = slow<string>();
		expect(await cache.getOrLoad("k", refresh.load)).toBe("old");
		await refresh.begun;
		return { cache, refresh };
	};

	test("a stale value is served at once, and loaded anew in the background by one", async () => {
		const { cache, refresh } = await refreshing();
		expect(await cache.getOrLoad("k", () => "a second load")).toBe("old");
		refresh.end.open("new");
		await until(async () => (await cache.get("k")) === "new");
		expect(await cache.getOrLoad("k", () => "a third load")).toBe("new");
		expect(cache.stats().loads).toBe(2);
	});

	test("of many keys the stale ones are served at once, and loaded anew in the background by one call", async () => {
		const waited: Array<Promise<void>> = [];
		const cache = await fresh({ staleMs: 60_000, waitUntil: (work: Promise<void>) => waited.push(work) });
		const keys = ["a", "b", "c"];
		await cache.setMany(keys.slice(0, 2).map((key) => [key, `old ${key}`]));
		now += 1_000;
		const asked: Array<readonly string[]> = [];
		const load = (some: readonly string[]): string[] => {
			asked.push(some);
			return some.map((key) => `new ${key}`);
		};
		expect(await cache.getOrLoadMany(keys, load)).toEqual(["old a", "old b", "new c"]);
		expect(waited).toHaveLength(1);
		await Promise.all(waited);
		expect(await cache.getMany(keys)).toEqual(["new a", "new b", "new c"]);
		expect(asked.map(String).sort()).toEqual(["a,b", "c"]);
		expect(cache.stats().staleHits).toBe(2);
	});

	// Broken on purpose: where InFlight.cut leaves the refresh in its place, nothing is loaded until that ends.
	test("what is expired is loaded anew, though an earlier load in the background goes on", async () => {
		const { cache, refresh } = await refreshing();
		await cache.expire("k");
		expect(await cache.getOrLoad("k", () => "new")).toBe("old");
		await until(async () => (await cache.get("k")) === "new");
		refresh.end.open("too late");
		await until(() => cache.stats().inFlight === 0);
		expect(await cache.get("k")).toBe("new");
	});

	// Broken on purpose: without the comparison in fill.lua, and in memory alone without `fenced` in filling.ts, "old again" comes back.
	test("a background load that a delete has overtaken is not served", async () => {
		const { cache, refresh } = await refreshing();
		await cache.delete("k");
		refresh.end.open("old again");
		await until(() => cache.events.filter(({ type }) => type === "load").length === 2);
		expect(await cache.get("k")).toBeUndefined();
		expect(await cache.getOrLoad("k", () => "new")).toBe("new");
	});

	test("get gives nothing that is past its time", async () => {
		const cache = await fresh({ staleMs: 60_000 });
		await cache.set("k", "v");
		now += 1_000;
		expect(await cache.get("k")).toBeUndefined();
		expect(cache.peek("k")).toBeUndefined();
	});

	test("when the loader fails the last value is served for a while, and the loader left alone", async () => {
		const cache = await fresh({ staleIfErrorMs: 60_000, errorBackoffMs: 5_000 });
		await cache.getOrLoad("k", () => "old");
		now += 1_000;
		let tries = 0;
		const fail = (): never => {
			tries += 1;
			throw new Error("no database");
		};
		expect(await cache.getOrLoad("k", fail)).toBe("old");
		expect(await cache.getOrLoad("k", fail)).toBe("old");
		now += 4_999;
		expect(await cache.getOrLoad("k", fail)).toBe("old");
		expect(tries).toBe(1);
		now += 1;
		expect(await cache.getOrLoad("k", fail)).toBe("old");
		expect(tries).toBe(2);
		now += 60_000;
		await expect(cache.getOrLoad("k", fail)).rejects.toThrow("no database");
	});

	test("without staleIfErrorMs the loader's error is the caller's", async () => {
		const cache = await fresh();
		await cache.getOrLoad("k", () => "old");
		now += 1_000;
		const reason = { not: "an error" };
		await expect(cache.getOrLoad("k", () => Promise.reject(reason))).rejects.toBe(reason);
		await expect(
			cache.getOrLoad("k", () => {
				throw undefined;
			}),
		).rejects.toBeUndefined();
		expect(await cache.getOrLoad("k", () => "new")).toBe("new");
	});

	test("what is expired counts as past its time, and no load that began before brings it back", async () => {
		const cache = await fresh({ staleMs: 60_000, ttlMs: 3_600_000 });
		await cache.set("k", "old");
		await cache.expire("k");
		expect(await cache.get("k")).toBeUndefined();
		expect(await cache.getOrLoad("k", () => "new")).toBe("old");
		await until(async () => (await cache.get("k")) === "new");
	});

	test("with a soft timeout the last value comes in the place of a slow load, whose result is kept", async () => {
		const cache = await fresh({ staleIfErrorMs: 60_000, softTimeoutMs: 20 });
		await cache.getOrLoad("k", () => "old");
		now += 1_000;
		const load = slow<string>();
		expect(await cache.getOrLoad("k", load.load)).toBe("old");
		load.end.open("new");
		await until(async () => (await cache.get("k")) === "new");
	});

	test("with nothing to fall back on, a soft timeout does nothing and a hard one rejects; the load goes on", async () => {
		const cache = await fresh({ softTimeoutMs: 1, hardTimeoutMs: 40 });
		const load = slow<string>();
		await expect(cache.getOrLoad("k", load.load)).rejects.toMatchObject({
			code: "RK_CACHE_LOAD_TIMEOUT",
			key: "k",
			timeoutMs: 40,
			phase: "load",
		});
		const joined = cache.getOrLoad("k", () => "another", { hardTimeoutMs: 600_000 });
		load.end.open("late");
		expect(await joined).toBe("late");
		expect(await cache.get("k")).toBe("late");
	});

	test("a time to live of 0 or less is not cached, and a set with it deletes", async () => {
		const cache = await fresh();
		expect(await cache.getOrLoad("k", () => 1, { ttlMs: 0 })).toBe(1);
		expect(await cache.get("k")).toBeUndefined();
		await cache.set("k", 2);
		await cache.set("k", 3, { ttlMs: -1 });
		expect(await cache.get("k")).toBeUndefined();
		const loaded = await cache.getOrLoad("k", ({ ttlMs }) => {
			ttlMs(0);
			return 4;
		});
		expect(loaded).toBe(4);
		expect(await cache.get("k")).toBeUndefined();
	});
});

test("what is cached for ever has no expiry in Redis, and everything else has", async () => {
	const [adapter] = adapters;
	if (adapter === undefined) throw new Error("no adapter");
	const redis = await open(adapter, inject("redisUrl"));
	const namespace = freshNamespace();
	const cache = cacheOn(redis, { namespace, jitter: 0 });
	await cache.set("for ever", 1, { ttlMs: Number.POSITIVE_INFINITY });
	await cache.set("a minute", 1, { ttlMs: 60_000, staleMs: 30_000, staleIfErrorMs: 20_000 });
	const { pttl } = await import("@rk/client");
	const left = (key: string): Promise<number> => redis.command(pttl(`{${namespace}:${key}}`));
	expect(await left("for ever")).toBe(-1);
	const ms = await left("a minute");
	expect(ms).toBeGreaterThan(60_000);
	expect(ms).toBeLessThanOrEqual(90_000);
});

test("jitter only shortens, and never to nothing", () => {
	const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
	fc.assert(
		fc.property(fc.double({ min: 1, max: 1e12, noNaN: true }), random, random, (ttlMs, jitter, r) => {
			const ms = freshMs(ttlMs, jitter, () => r);
			expect(ms).toBeLessThanOrEqual(ttlMs);
			expect(ms).toBeGreaterThanOrEqual(Math.max(1, ttlMs * (1 - jitter)));
		}),
	);
	expect(freshMs(Number.POSITIVE_INFINITY, 0.5, () => 0.9)).toBe(Number.POSITIVE_INFINITY);
});
