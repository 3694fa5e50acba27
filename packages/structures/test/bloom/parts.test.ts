import { raw, slotOf } from "@rk/client";
import { expect, inject, test } from "vitest";
import { resolveBloomOptions } from "../../src/bloom/options.ts";
import { MOST_BITS, shapeOf } from "../../src/bloom/shape.ts";
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
	expect(shape(1e6, 0.01)).toEqual({ parts: 1, capacity: 1e6, bits: 9592955, hashes: 7 });
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
