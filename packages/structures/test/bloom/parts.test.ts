import { raw, slotOf } from "@rk/client";
import { expect, inject, onTestFinished, test } from "vitest";
import { resolveBloomOptions } from "../../src/bloom/options.ts";
import { MOST_BITS, shapeOf } from "../../src/bloom/shape.ts";
import { cutAfter, interrupted } from "../faulty-port.ts";
import { adapters, collected, open } from "../redis.ts";
import { filterOn, trues } from "./bloom.ts";

const shape = (capacity: number, errorRate: number) =>
	shapeOf(resolveBloomOptions({ name: "a", capacity, errorRate }));

// Broken on purpose: `ROOM` made 1, when a part is longer than 16 MB.
test("every part is of 16 MB at most, and all of them together of what one would be", () => {
	for (const errorRate of [0.5, 0.01, 1e-5, 1e-9])
		for (const capacity of [1, 1_000, 1e6, 1e7, 14e6, 28e6, 1e8, 1e10]) {
			const { parts, bits, hashes } = shape(capacity, errorRate);
			expect(bits).toBeLessThanOrEqual(MOST_BITS);
			expect(hashes).toBe(Math.max(1, Math.round(-Math.log2(errorRate))));
			const best = (-capacity * Math.log(errorRate)) / Math.LN2 ** 2;
			if (best < 10_000) continue;
			expect((parts * bits) / best).toBeLessThan(1.01);
			expect((parts * bits) / best).toBeGreaterThanOrEqual(1);
		}
	expect(shape(1e6, 0.01)).toEqual({ parts: 1, capacity: 1e6, errorRate: 0.01, bits: 9592955, hashes: 7 });
});

test("the parts of a large filter share its items, and have slots of their own", async () => {
	const [adapter = expect.fail()] = adapters;
	const redis = await open(adapter, inject("redisUrl"));
	const filter = filterOn(redis, { capacity: 40_000_000, errorRate: 0.01, backend: "bitfield" });
	const { parts } = shape(40_000_000, 0.01);
	expect(parts).toBe(3);
	const items = Array.from({ length: 1_000 }, (_, i) => `item ${i}`);
	expect(trues(await filter.addMany(items))).toBe(1_000);
	expect(trues(await filter.hasMany(items))).toBe(1_000);
	expect(trues(await filter.hasMany(items.map((item) => `not ${item}`)))).toBe(0);
	const keys = (await collected(redis.scan({ match: `*${filter.key}*bits*` }))).flat();
	expect(keys).toHaveLength(3);
	expect(new Set(keys.map(slotOf)).size).toBe(3);
	for (const key of keys) {
		expect(Number(await redis.command(raw(["STRLEN", key])))).toBeLessThanOrEqual(2 ** 24 + 1);
		expect(Number(await redis.command(raw(["BITCOUNT", key])))).toBeGreaterThan(250 * 7);
	}
	expect(await filter.count()).toBe(1_000);
	const info = (await filter.info()) ?? expect.fail();
	expect(info.capacity).toBeGreaterThanOrEqual(40_000_000);
	expect(info.bytes).toBeLessThan(1.01 * 47_925_292);
	await redis.command(raw(["UNLINK", keys[1] ?? ""]));
	await expect(filter.hasMany(items)).rejects.toMatchObject({ code: "RK_BLOOM_LOST", lost: keys[1] });
	expect(await filter.clear()).toBe(true);
	expect((await collected(redis.scan({ match: `*${filter.key}*` }))).flat()).toEqual([]);
});

/** Three parts; the keys of each. */
const large = { capacity: 40_000_000, errorRate: 0.01, backend: "bitfield" } as const;
const partsOf = (key: string): ReadonlyArray<readonly [meta: string, bits: string]> => [
	[key, `{${key}}:bits:1`],
	[`{${key}:1}:part`, `{${key}:1}:part:bits:1`],
	[`{${key}:2}:part`, `{${key}:2}:part:bits:1`],
];

// Broken on purpose, each red: parts that are missing beside others taken for new, by `has`, by `add` and `reserve`, by `info` and `count`.
test.each([0, 1, 2])("a part that is lost with all its keys is no new one: part %d", async (which) => {
	const [adapter = expect.fail()] = adapters;
	const redis = await open(adapter, inject("redisUrl"));
	const filter = filterOn(redis, large);
	onTestFinished(async () => void (await filter.clear()));
	const items = Array.from({ length: 200 }, (_, i) => `item ${i}`);
	await filter.addMany(items);
	const [meta, bits] = partsOf(filter.key)[which] ?? expect.fail();
	expect(await redis.command(raw(["UNLINK", meta, bits]))).toBe(2);
	const refused = { code: "RK_BLOOM_LOST", key: filter.key, lost: meta };
	await expect(filter.hasMany(items)).rejects.toMatchObject(refused);
	await expect(filter.addMany(items)).rejects.toMatchObject(refused);
	await expect(filter.reserve()).rejects.toMatchObject(refused);
	await expect(filter.info()).rejects.toMatchObject(refused);
	await expect(filter.count()).rejects.toMatchObject(refused);
	expect(await redis.command(raw(["EXISTS", meta, bits]))).toBe(0);
	expect(await filter.clear()).toBe(true);
	expect(trues(await filter.hasMany(items))).toBe(0);
	expect(trues(await filter.addMany(items))).toBe(200);
});

// Broken on purpose, each red: each part whole as soon as it is made; one that is not marked yet taken for lost; others that expire by
// their own time to live.
test("a filter of parts is never taken for lost while it is made, wherever that was cut off", async () => {
	const [adapter = expect.fail()] = adapters;
	const redis = await open(adapter, inject("redisUrl"));
	const filter = filterOn(redis, { ...large, ttlMs: 100_000 });
	const options = { ...large, ttlMs: 100_000, name: filter.key.slice("bloom:".length) };
	onTestFinished(async () => void (await filter.clear()));
	for (let commands = 0, made = false; !made; commands++) {
		made = await filterOn(cutAfter(redis, commands), options)
			.reserve()
			.catch((error: Error) => (error.message === "cut off" ? false : Promise.reject(error)));
		expect(await filter.has("a")).toBe(false);
		expect(await filter.count()).toBe(0);
		expect(await filter.add("a")).toBe(true);
		expect(await filter.has("a")).toBe(true);
		const moments = partsOf(filter.key)
			.flat()
			.map((key) => redis.command(raw(["PEXPIRETIME", key])));
		expect(new Set(await Promise.all(moments)).size).toBe(1);
		await filter.clear();
	}
});

// Broken on purpose, both red: the others' expiry asked only by one that has a time to live; that of a first part without one sent as it is.
test.each([
	["with", undefined, 100_000],
	["without", 100_000, undefined],
])("one who makes the rest %s a time to live takes that of what is there", async (_, ofFirst, ofRest) => {
	const [adapter = expect.fail()] = adapters;
	const redis = await open(adapter, inject("redisUrl"));
	const of = (ttlMs: number | undefined) => (ttlMs === undefined ? large : { ...large, ttlMs });
	const rest = filterOn(redis, of(ofRest));
	onTestFinished(async () => void (await rest.clear()));
	const name = rest.key.slice("bloom:".length);
	for (let commands = 0; ; commands++) {
		const first = filterOn(cutAfter(redis, commands), { ...of(ofFirst), name });
		if (await first.reserve().catch(() => false)) break;
		if ((await redis.command(raw(["EXISTS", rest.key]))) === 0) continue;
		expect(await rest.add("a")).toBe(true);
		const keys = partsOf(rest.key).flat();
		const moments = await Promise.all(keys.map((key) => redis.command(raw(["PEXPIRETIME", key]))));
		expect(new Set(moments).size).toBe(1);
		expect(moments[0] === -1).toBe(ofFirst === undefined);
		await rest.clear();
	}
});

// Broken on purpose: the parts that were missing not asked again.
test("nor when others make it while it is looked at", async () => {
	const [adapter = expect.fail()] = adapters;
	const redis = await open(adapter, inject("redisUrl"));
	const filter = filterOn(redis, large);
	const options = { ...large, name: filter.key.slice("bloom:".length) };
	onTestFinished(async () => void (await filter.clear()));
	const late = filterOn(
		interrupted(redis, 2, () => filter.add("a")),
		options,
	);
	expect(await late.has("b")).toBe(false);
	expect(await late.has("a")).toBe(true);
});
