import { del, type RedisPort, raw } from "@rk/client";
import { describe, expect, inject, test } from "vitest";
import type { BloomFilter } from "../../src/bloom/index.ts";
import { adapters, collected, open } from "../redis.ts";
import { filterOn } from "./bloom.ts";

const many = Array.from({ length: 100 }, (_, i) => `item ${i}`);

async function bitsOf(redis: RedisPort, filter: BloomFilter): Promise<string[]> {
	return (await collected(redis.scan({ match: `*${filter.key}*:bits:*` }))).flat().sort();
}

describe.each(adapters)("over $name", (adapter) => {
	// Broken on purpose: the bit behind the others not looked at, when `has` denies all that was added.
	test.each([
		["the only layer", {}, 0],
		["the first layer", { capacity: 10, scaling: {} }, 0],
		["the last layer", { capacity: 10, scaling: {} }, -1],
	] as const)("the loss of %s is noticed by everything that looks at it", async (_, options, which) => {
		const redis = await open(adapter, inject("redisUrl"));
		const filter = filterOn(redis, { ...options, backend: "bitfield" });
		await filter.addMany(many);
		const lost = (await bitsOf(redis, filter)).at(which) ?? expect.fail();
		await redis.command(del(lost));
		const refused = { code: "RK_BLOOM_LOST", key: filter.key, lost };
		await expect(filter.has("item 1")).rejects.toMatchObject(refused);
		await expect(filter.hasMany(many)).rejects.toMatchObject(refused);
		await expect(filter.add("new")).rejects.toMatchObject(refused);
		await expect(filter.addMany(many)).rejects.toMatchObject(refused);
		await expect(filter.count()).rejects.toMatchObject(refused);
		await expect(filter.info()).rejects.toMatchObject(refused);
		expect(await bitsOf(redis, filter)).not.toContain(lost);
		expect(await filter.clear()).toBe(true);
		expect(await filter.add("item 1")).toBe(true);
	});

	// Broken on purpose, each red: bits without a hash taken for no filter by filter.lua; by reserve.lua.
	test("the loss of what says how large the filter is, is noticed too", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const filter = filterOn(redis, { backend: "bitfield" });
		await filter.addMany(many);
		await redis.command(del(filter.key));
		const refused = { code: "RK_BLOOM_LOST", key: filter.key, lost: filter.key };
		await expect(filter.has("item 1")).rejects.toMatchObject(refused);
		await expect(filter.add("item 1")).rejects.toMatchObject(refused);
		await expect(filter.info()).rejects.toMatchObject(refused);
		await expect(filter.reserve()).rejects.toMatchObject(refused);
		expect(await filter.clear()).toBe(true);
		expect(await filter.add("item 1")).toBe(true);
		expect(await filter.has("item 2")).toBe(false);
	});

	// Broken on purpose, each red: only the layers looked at that this process knows of, by `has`, `add` and `info`; by `reserve`.
	test("a new process notices that a filter that has grown lost its hash and its first layer", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const grown = filterOn(redis, { capacity: 10, scaling: {}, backend: "bitfield" });
		await grown.addMany(many);
		const [first = ""] = await bitsOf(redis, grown);
		expect(await redis.command(del([grown.key, first]))).toBe(2);
		const refused = { code: "RK_BLOOM_LOST", key: grown.key };
		const name = grown.key.slice("bloom:".length);
		for (const call of ["has", "add", "info", "reserve"] as const) {
			const filter = filterOn(redis, { capacity: 10, scaling: {}, backend: "bitfield", name });
			await expect(filter[call]("item 1")).rejects.toMatchObject(refused);
		}
		expect(await grown.clear()).toBe(true);
		expect(await grown.has("item 1")).toBe(false);
	});

	// Broken on purpose, red by the deadline: asked again and again, which never ends.
	test.each([{}, { scaling: {} }])("more layers than there can be are refused: %o", async (options) => {
		const redis = await open(adapter, inject("redisUrl"));
		const filter = filterOn(redis, { ...options, backend: "bitfield" });
		await filter.add("a");
		await redis.command(raw(["HSET", filter.key, "layers", "65"]));
		const refused = { code: "RK_BLOOM_CONFIG", key: filter.key, found: "65 layers" };
		await expect(filter.has("a")).rejects.toMatchObject(refused);
		await expect(filter.add("a")).rejects.toMatchObject(refused);
	});

	// Broken on purpose: a time to live for the hash only; none for the layers that come later.
	test("all of a filter expires at one moment, whenever it grew", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const filter = filterOn(redis, { capacity: 10, scaling: {}, backend: "bitfield", ttlMs: 100_000 });
		const moments = async () => {
			const keys = [filter.key, ...(await bitsOf(redis, filter))];
			return Promise.all(keys.map((key) => redis.command(raw(["PEXPIRETIME", key]))));
		};
		await filter.add("a");
		const [first, ...others] = await moments();
		expect(others).toEqual([first]);
		await filter.addMany(many);
		const later = await moments();
		expect(later.length).toBeGreaterThan(3);
		expect(new Set(later)).toEqual(new Set([first]));
	});

	test("nothing expires without ttlMs, and clear leaves nothing", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const filter = filterOn(redis, { capacity: 10, scaling: {}, backend: "bitfield" });
		await filter.addMany(many);
		expect(await redis.command(raw(["PTTL", filter.key]))).toBe(-1);
		expect(await filter.clear()).toBe(true);
		expect((await collected(redis.scan({ match: `*${filter.key}*` }))).flat()).toEqual([]);
		expect(await filter.clear()).toBe(false);
	});
});
