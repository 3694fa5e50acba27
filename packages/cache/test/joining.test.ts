import { describe, expect, inject, test } from "vitest";
import { adapters, cacheOn, freshNamespace, listeningOn, open, slow, until } from "./redis.ts";

describe.each(adapters)("over $name", (adapter) => {
	// Broken on purpose: without `again` in Flight, who comes after the delete is given "old" by the load that he joined.
	test("without memory, who asks after another process's delete gets nothing from before, though he joins an older load", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const namespace = freshNamespace();
		const a = cacheOn(redis, { namespace, l1: false });
		// It does not hear of the delete at all.
		const b = cacheOn(redis, { namespace, l1: false, bus: false });
		const old = slow<string>();
		const before = b.getOrLoad("k", old.load);
		await old.begun;
		const alsoBefore = b.getOrLoad("k", () => "new");
		await a.delete("k");
		const after = b.getOrLoad("k", () => "new");
		const [many] = [b.getOrLoadMany(["k"], () => ["new"])];
		old.end.open("old");
		expect(await before).toBe("old");
		expect(["old", "new"]).toContain(await alsoBefore);
		expect(await after).toBe("new");
		expect(await many).toEqual(["new"]);
	});

	// Broken on purpose: where Flight.load keeps Infinity as `#fallbackFor`, both are given "old".
	test("without memory, who asks after another process's delete is not served what an older load falls back on", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		let now = Date.now();
		const namespace = freshNamespace();
		const policy = { ttlMs: 1_000, jitter: 0, staleIfErrorMs: 3_600_000, hardTimeoutMs: 600_000 };
		const options = { ...policy, namespace, l1: false, clock: () => now } as const;
		const a = cacheOn(redis, options);
		const b = cacheOn(redis, { ...options, bus: false, maxConcurrentLoads: 1, loadQueueTimeoutMs: 600_000 });
		await a.set("fails", "old");
		await a.set("is slow", "old");
		now += 1_000;
		const busy = slow<string>();
		const other = b.getOrLoad("other", busy.load);
		await busy.begun;
		// They have read "old", and wait for their turn.
		const failing = b.getOrLoad("fails", () => Promise.reject(new Error("no database")));
		const slowly = slow<string>();
		const impatient = b.getOrLoad("is slow", slowly.load, { softTimeoutMs: 1 });
		await until(() => b.stats().waitingLoads === 2);
		await a.deleteMany(["fails", "is slow"]);
		const after = b.getOrLoad("fails", () => "new");
		const afterwards = b.getOrLoad("is slow", () => "another", { softTimeoutMs: 1 });
		expect(await impatient).toBe("old");
		busy.end.open("other");
		slowly.end.open("new");
		expect(await other).toBe("other");
		expect(await failing).toBe("old");
		expect(await after).toBe("new");
		expect(await afterwards).toBe("new");
	});

	// Broken on purpose: where Reader.read takes the token that any read before has asked for, or Reader.ensure those of any load before,
	// "old" is served.
	test("without memory, tokens that were asked for before another process's clear are not relied on after it", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const namespace = freshNamespace();
		const a = cacheOn(redis, { namespace, l1: false });
		const b = cacheOn(redis, { namespace, l1: false, bus: false });
		await a.set("k", "old");
		expect(await b.getOrLoad("k", () => "new")).toBe("old");
		expect(await b.getOrLoad("other", () => 1)).toBe(1);
		await a.clear();
		expect(await b.get("k")).toBeUndefined();
		expect(await b.getOrLoad("k", () => "new")).toBe("new");
	});

	test("who joins in time shares the load, without memory too", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = await listeningOn(redis, { l1: false });
		let loads = 0;
		const load = (): number => ++loads;
		const calls = Array.from({ length: 50 }, () => cache.getOrLoad("k", load));
		expect(new Set(await Promise.all(calls))).toEqual(new Set([1]));
		const late = slow<string>();
		const first = cache.getOrLoad("slow", late.load);
		await late.begun;
		const others = Array.from({ length: 50 }, () => cache.getOrLoad("slow", () => "again"));
		late.end.open("once");
		expect(new Set(await Promise.all([first, ...others]))).toEqual(new Set(["once"]));
		expect(cache.stats().loads).toBe(2);
	});
});
