import { startCluster, type TestCluster } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adapters, openCluster } from "../redis.ts";
import { filterOn, trues } from "./bloom.ts";

let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startCluster({ masters: 3 });
});
afterAll(() => cluster.stop());

const items = Array.from({ length: 400 }, (_, i) => `item ${i}`);

describe.each(adapters)("on a cluster over $name", (adapter) => {
	test("filters in the slots of every master grow, fill and are cleared as elsewhere", async () => {
		const redis = await openCluster(adapter, cluster);
		const masters = new Set<string | undefined>();
		while (masters.size < 3) {
			const growing = filterOn(redis, { capacity: 10, errorRate: 1e-6, scaling: {} });
			masters.add(redis.topology.masterOf(redis.topology.slotOf(growing.key)));
			expect(trues(await growing.addMany(items))).toBe(400);
			expect(trues(await growing.hasMany(items))).toBe(400);
			expect(await growing.info()).toMatchObject({ backend: "bitfield", layers: 6 });
			expect(await growing.clear()).toBe(true);
			const fixed = filterOn(redis, { capacity: 100, errorRate: 1e-6, ttlMs: 60_000 });
			await expect(fixed.addMany(items)).rejects.toMatchObject({ code: "RK_BLOOM_FULL" });
			expect(await fixed.count()).toBe(100);
		}
	});

	test("the parts of a large filter are on several masters", async () => {
		const redis = await openCluster(adapter, cluster);
		const filter = filterOn(redis, { capacity: 40_000_000 });
		expect(trues(await filter.addMany(items))).toBe(400);
		expect(trues(await filter.hasMany(items))).toBe(400);
		expect(await filter.count()).toBe(400);
		expect(await filter.clear()).toBe(true);
		expect(await filter.has("item 1")).toBe(false);
	});
});
