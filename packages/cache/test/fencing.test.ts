import { describe, expect, inject, test } from "vitest";
import { adapters, cacheOn, freshNamespace, listeningOn, open, slow, until } from "./redis.ts";

describe.each(adapters)("over $name", (adapter) => {
	test("a value is loaded once, and then comes from the cache", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = await listeningOn(redis);
		let loads = 0;
		const load = (): { n: number } => ({ n: ++loads });
		expect(await cache.getOrLoad("k", load)).toEqual({ n: 1 });
		expect(await cache.getOrLoad("k", load)).toEqual({ n: 1 });
		expect(cache.peek("k")).toEqual({ n: 1 });
		expect(cache.stats()).toMatchObject({ loads: 1, l1Hits: 1, misses: 1, fillsDropped: 0 });
	});

	test("another process reads from Redis what this one has loaded", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const namespace = freshNamespace();
		const a = cacheOn(redis, { namespace });
		const b = cacheOn(redis, { namespace, l1: false });
		await a.getOrLoad("k", () => "loaded by a");
		expect(await b.get("k")).toBe("loaded by a");
		expect(await b.getOrLoad("k", () => "loaded by b")).toBe("loaded by a");
	});

	// Broken on purpose: without the comparison in fill.lua the old value is served. (`fenced` in filling.ts is for memory without Redis: the
	// fuzz is tried without it.)
	test.each(["delete", "set", "expire", "clear", "invalidateTag"] as const)(
		"what was being loaded when %s was called is served to nobody who asks later",
		async (operation) => {
			const redis = await open(adapter, inject("redisUrl"));
			const namespace = freshNamespace();
			const cache = await listeningOn(redis, { namespace });
			const other = cacheOn(redis, { namespace, l1: false });
			const old = slow<string>();
			const waiting = cache.getOrLoad("k", old.load, { tags: ["t"] });
			await old.begun;
			if (operation === "set") await cache.set("k", "set", { tags: ["t"] });
			else if (operation === "clear") await cache.clear();
			else if (operation === "invalidateTag") await cache.invalidateTag("t");
			else await cache[operation]("k");
			const later = operation === "set" ? "set" : "new";
			const during = cache.getOrLoad("k", () => "new", { tags: ["t"] });
			old.end.open("old");
			expect(await waiting).toBe("old");
			expect(await during).toBe(later);
			expect(await cache.getOrLoad("k", () => "newer", { tags: ["t"] })).toBe(later);
			expect(await other.getOrLoad("k", () => "newer", { tags: ["t"] })).toBe(later);
		},
	);

	test("a load that another process's delete has overtaken is given to its callers, and stored nowhere", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const namespace = freshNamespace();
		const a = await listeningOn(redis, { namespace });
		const b = await listeningOn(redis, { namespace });
		const old = slow<string>();
		const waiting = a.getOrLoad("k", old.load);
		await old.begun;
		await b.delete("k");
		old.end.open("old");
		expect(await waiting).toBe("old");
		expect(a.stats().fillsDropped).toBe(1);
		expect(a.peek("k")).toBeUndefined();
		expect(await b.get("k")).toBeUndefined();
	});

	test("memory drops what another process deletes", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const namespace = freshNamespace();
		const a = await listeningOn(redis, { namespace });
		const b = await listeningOn(redis, { namespace });
		await a.set("k", 1);
		expect(a.peek("k")).toBe(1);
		await b.delete("k");
		await until(() => a.peek("k") === undefined);
		expect(await a.get("k")).toBeUndefined();
	});
});
