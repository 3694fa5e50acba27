import { describe, expect, inject, test } from "vitest";
import { BloomFullError } from "../../src/bloom/index.ts";
import { adapters } from "../redis.ts";
import { backends, filterOn, openFor, trues } from "./bloom.ts";

const items = (count: number): string[] => Array.from({ length: count }, (_, i) => `item ${i}`);

describe.each(adapters)("over $name", (adapter) => {
	describe.each(backends)("a filter of the backend %s that does not grow", (backend) => {
		// Broken on purpose, each red: a full filter that goes on; one that asks for another layer; the outcomes of what came before thrown away.
		test("takes as many as it is for, and says which of the rest it did not", async (context) => {
			const redis = await openFor(backend, adapter, inject("redisUrl"), context);
			const filter = filterOn(redis, { capacity: 250, errorRate: 1e-9, backend });
			expect(trues(await filter.addMany(items(249)))).toBe(249);
			const error = await filter.addMany(["item 0", "x", "y", "z"]).catch((error: unknown) => error);
			expect(error).toBeInstanceOf(BloomFullError);
			expect(error).toMatchObject({
				...{ code: "RK_BLOOM_FULL", key: filter.key, added: [false, true, null, null] },
			});
			expect(await filter.hasMany(["item 7", "x", "y"])).toEqual([true, true, false]);
			await expect(filter.add("y")).rejects.toMatchObject({ added: [null] });
			expect(await filter.count()).toBe(250);
			expect(await filter.info()).toMatchObject({ saturation: 1 });
		});

		test("still knows what it has when it is full", async (context) => {
			const redis = await openFor(backend, adapter, inject("redisUrl"), context);
			const filter = filterOn(redis, { capacity: 350, errorRate: 1e-9, backend });
			await filter.addMany(items(350));
			expect(await filter.add("item 5")).toBe(false);
			expect(trues(await filter.addMany(items(350)))).toBe(0);
			const error = await filter.addMany(items(800)).catch((error: unknown) => error);
			const added = error instanceof BloomFullError ? error.added : expect.fail();
			expect(added.slice(0, 350)).toEqual(items(350).map(() => false));
			expect(added.slice(350)).toEqual(items(450).map(() => null));
		});
	});
});
