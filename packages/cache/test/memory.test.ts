import { expect, inject, test } from "vitest";
import { adapters, cacheOn, freshNamespace, open } from "./redis.ts";

const [adapter] = adapters;
if (adapter === undefined) throw new Error("no adapter");

// Broken on purpose: with `entry.keptUntil` alone in Memory.put, the entry stays for an hour.
test("an entry leaves memory when its time in Redis is over, however long memory would keep it", async () => {
	const redis = await open(adapter, inject("redisUrl"));
	let now = Date.now();
	const namespace = freshNamespace();
	const clock = (): number => now;
	const writer = cacheOn(redis, { namespace, clock, jitter: 0 });
	const reader = cacheOn(redis, { namespace, clock, bus: false, l1: { ttlMs: 3_600_000 } });
	await writer.set("k", "v", { ttlMs: 60_000 });
	now += 59_900;
	expect(await reader.get("k")).toBe("v");
	expect(reader.peek("k")).toBe("v");
	now += 99;
	expect(reader.peek("k")).toBe("v");
	now += 1;
	expect(reader.peek("k")).toBeUndefined();
	expect(await reader.get("k")).toBeUndefined();
});

test("memory asks Redis again after its own time", async () => {
	let now = Date.now();
	const redis = await open(adapter, inject("redisUrl"));
	const cache = cacheOn(redis, { clock: () => now, bus: false, l1: { ttlMs: 1_000 } });
	await cache.set("k", "v");
	expect(cache.peek("k")).toBe("v");
	now += 1_000;
	expect(cache.peek("k")).toBeUndefined();
	expect(await cache.get("k")).toBe("v");
	expect(cache.stats()).toMatchObject({ l1Hits: 0, l2Hits: 1 });
});

test("memory keeps no more entries, and no more bytes, than it may", async () => {
	const few = cacheOn(null, { l1: { max: 2 } });
	for (const key of ["a", "b", "c"]) await few.set(key, key);
	expect([few.peek("a"), few.peek("b"), few.peek("c")]).toEqual([undefined, "b", "c"]);
	const small = cacheOn(null, { l1: { maxBytes: 100 } });
	await small.set("a", "x".repeat(60));
	await small.set("b", "x".repeat(60));
	expect(small.peek("a")).toBeUndefined();
	expect(small.stats()).toMatchObject({ l1Entries: 1, l1Bytes: 62 });
});

test("frozen values cannot be changed, however deep", async () => {
	const cache = cacheOn(null);
	const loaded = { list: [{ n: 1 }] };
	const value = await cache.getOrLoad("k", () => loaded);
	expect(() => value.list.push({ n: 2 })).toThrow(TypeError);
	expect(() => Object.assign(value.list[0] ?? {}, { n: 2 })).toThrow(TypeError);
	loaded.list.push({ n: 3 });
	expect(await cache.get("k")).toEqual({ list: [{ n: 1 }] });
});

// Broken on purpose: where `take()` gives the same object each time, the second caller sees what the first has changed.
test.each(["memory", "redis"] as const)(
	"of copies nobody sees what another caller has changed (%s)",
	async (tier) => {
		const redis = tier === "redis" ? await open(adapter, inject("redisUrl")) : null;
		const cache = cacheOn(redis, { l1: tier === "redis" ? false : { mode: "clone" } });
		const load = (): { n: number } => ({ n: 1 });
		const [a, b] = await Promise.all([cache.getOrLoad("k", load), cache.getOrLoad("k", load)]);
		a.n = 2;
		expect(b.n).toBe(1);
		const c = await cache.getOrLoad("k", load);
		c.n = 3;
		expect(await cache.get("k")).toEqual({ n: 1 });
	},
);

test("a value that was just loaded has the shape that it has when it comes from Redis", async () => {
	const redis = await open(adapter, inject("redisUrl"));
	const namespace = freshNamespace();
	const a = cacheOn(redis, { namespace });
	const b = cacheOn(redis, { namespace });
	const load = (): unknown => ({ at: new Date(0), left: undefined });
	const loaded = await a.getOrLoad("k", load);
	expect(loaded).toEqual({ at: "1970-01-01T00:00:00.000Z" });
	expect(await b.getOrLoad("k", load)).toEqual(loaded);
});

test("a cache without Redis has all of it but Redis", async () => {
	const cache = cacheOn(null);
	await cache.set("a", 1, { tags: ["t"] });
	await cache.set("b", 2);
	await cache.invalidateTag("t");
	expect(await cache.getMany(["a", "b"])).toEqual([undefined, 2]);
	await cache.clear();
	expect(await cache.get("b")).toBeUndefined();
	expect(await cache.getOrLoadMany(["x", "y"], (keys) => new Map(keys.map((key) => [key, key])))).toEqual([
		"x",
		"y",
	]);
	await cache.deleteMany(["x"]);
	expect(cache.peek("x")).toBeUndefined();
	expect(cache.stats()).toMatchObject({ bus: "off", breaker: "closed" });
});
