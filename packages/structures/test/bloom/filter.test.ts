import { get, raw, set } from "@rk/client";
import { describe, expect, inject, test } from "vitest";
import { type BloomFilterOptions, createBloomFilter } from "../../src/bloom/index.ts";
import { hindered } from "../faulty-port.ts";
import { adapters, freshName, open } from "../redis.ts";
import { backends, filterOn, openFor } from "./bloom.ts";

describe.each(adapters)("over $name", (adapter) => {
	// Broken on purpose: the failure to find out which backend it is kept for ever.
	test("a filter that could not be opened is opened by the next call", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const failing = hindered(redis, (nth) => (nth === 1 ? Promise.reject(new Error("no reply")) : undefined));
		const filter = filterOn(failing);
		await expect(filter.add("ann")).rejects.toThrow("no reply");
		expect(await filter.add("ann")).toBe(true);
	});

	describe.each(backends)("a filter of the backend %s", (backend) => {
		test("knows what was added, once", async (context) => {
			const redis = await openFor(backend, adapter, inject("redisUrl"), context);
			const filter = filterOn(redis, { backend, ttlMs: 60_000 });
			expect(await filter.has("ann")).toBe(false);
			expect(await filter.info()).toBeNull();
			expect(await filter.count()).toBe(0);
			expect(await filter.add("ann")).toBe(true);
			expect(await filter.add("ann")).toBe(false);
			expect(await filter.addMany(new Set(["bob", "ann", "cid"]))).toEqual([true, false, true]);
			expect(await filter.addMany(["dan", "dan"])).toEqual([true, false]);
			expect(await filter.hasMany(["ann", "bob", "eve"])).toEqual([true, true, false]);
			expect(await filter.count()).toBe(4);
			expect(await filter.addMany([])).toEqual([]);
			expect(await filter.hasMany([])).toEqual([]);
			expect(await filter.info()).toMatchObject({ backend, capacity: 1_000, inserted: 4, layers: 1 });
		});

		test("takes text by its UTF-8 bytes, and any bytes", async (context) => {
			const redis = await openFor(backend, adapter, inject("redisUrl"), context);
			const filter = filterOn(redis, { backend });
			const bytes = Uint8Array.of(0, 255, 254, 13, 10);
			const part = new Uint8Array(Buffer.from("[ключ]")).subarray(1, -1);
			expect(await filter.addMany(["ключ", bytes, "", "x".repeat(10_000)])).toEqual([true, true, true, true]);
			expect(await filter.has(part)).toBe(true);
			expect(await filter.has(Buffer.from(bytes))).toBe(true);
			expect(await filter.has("")).toBe(true);
			expect(await filter.has(Uint8Array.of(0, 255))).toBe(false);
			const reused = Buffer.from("first");
			const added = filter.add(reused);
			reused.write("other");
			expect(await added).toBe(true);
			expect(await filter.hasMany(["first", "other"])).toEqual([true, false]);
		});

		test("is made once, by whoever comes first, and cleared", async (context) => {
			const redis = await openFor(backend, adapter, inject("redisUrl"), context);
			const options = { name: freshName(), capacity: 100, errorRate: 0.001, backend };
			const [first, second] = [createBloomFilter(redis, options), createBloomFilter(redis, options)];
			const made = await Promise.all([first.reserve(), second.reserve(), first.reserve()]);
			expect(made.filter(Boolean)).toHaveLength(1);
			await first.add("a");
			expect(await second.reserve()).toBe(false);
			expect(await second.has("a")).toBe(true);
			expect(await second.clear()).toBe(true);
			expect(await first.has("a")).toBe(false);
			expect(await first.add("a")).toBe(true);
		});
	});

	// Broken on purpose: the check of the configuration in filter.lua.
	test.each([
		["capacity", { capacity: 2_000 }],
		["error rate", { errorRate: 0.02 }],
		["growth", { scaling: {} }],
	] as Array<[string, Partial<BloomFilterOptions>]>)(
		"a filter that was made with another %s is refused, and left as it is",
		async (_, other) => {
			const redis = await open(adapter, inject("redisUrl"));
			const options = { name: freshName(), backend: "bitfield" } as const;
			const filter = filterOn(redis, options);
			await filter.add("a");
			const wrong = filterOn(redis, { ...options, ...other });
			const refused = { code: "RK_BLOOM_CONFIG", key: filter.key };
			await expect(wrong.reserve()).rejects.toMatchObject(refused);
			await expect(wrong.add("b")).rejects.toMatchObject(refused);
			await expect(wrong.has("a")).rejects.toMatchObject(refused);
			await expect(wrong.info()).rejects.toMatchObject({
				...{ ...refused, found: "capacity 1000, errorRate 0.01, no scaling" },
			});
			expect(await filter.has("a")).toBe(true);
			expect(await filter.count()).toBe(1);
		},
	);

	test("what is at the key and is no filter is refused, and left as it is", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const filter = filterOn(redis, { backend: "bitfield" });
		await redis.command(set(filter.key, "mine"));
		const refused = { code: "RK_BLOOM_BACKEND", key: filter.key, backend: "bitfield" };
		await expect(filter.add("a")).rejects.toMatchObject(refused);
		await expect(filter.has("a")).rejects.toMatchObject(refused);
		await expect(filter.reserve()).rejects.toMatchObject(refused);
		expect(await redis.command(get(filter.key))).toBe("mine");
	});

	// Broken on purpose, each red: another program's hash taken for no filter by filter.lua, and written into by reserve.lua.
	test("a hash at the key that is no filter's is refused, and left as it is", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const filter = filterOn(redis);
		await redis.command(raw(["HSET", filter.key, "name", "ann"]));
		const refused = { code: "RK_BLOOM_BACKEND", key: filter.key, backend: "bitfield" };
		await expect(filter.reserve()).rejects.toMatchObject(refused);
		await expect(filter.add("a")).rejects.toMatchObject(refused);
		await expect(filter.has("a")).rejects.toMatchObject(refused);
		await expect(filter.info()).rejects.toMatchObject(refused);
		expect(await redis.command(raw(["HLEN", filter.key]))).toBe(1);
	});

	test("a server without the module keeps filters by itself", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const filter = filterOn(redis);
		await filter.add("a");
		expect(await filter.info()).toMatchObject({ backend: "bitfield" });
	});

	// Broken on purpose: what is there asked for by one script, and the bits set by another.
	test("50 writers of the same items add each once", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const options = { name: freshName(), capacity: 5_000, errorRate: 1e-6 };
		const items = Array.from({ length: 120 }, (_, i) => `item ${i}`);
		const writers = Array.from({ length: 50 }, () => filterOn(redis, options));
		const added = await Promise.all(writers.map((filter) => filter.addMany(items)));
		for (const i of items.keys()) expect(added.filter((outcomes) => outcomes[i]).length).toBe(1);
		expect(await writers[0]?.count()).toBe(120);
	});

	test("is readable by any tool: a string of bits, and a hash beside it", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const filter = filterOn(redis, { backend: "bitfield", name: `${freshName()}:a` });
		await filter.add("a");
		expect(await redis.command(raw(["BITCOUNT", `{${filter.key}}:bits:1`]))).toBe(8); // 7, and the one behind them
		expect(await redis.command(raw(["HGET", filter.key, "inserted:1"]))).toBe("1");
	});
});
