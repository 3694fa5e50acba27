import { describe, expect, expectTypeOf, inject, test } from "vitest";
import { adapters, cacheOn, freshNamespace, gate, listeningOn, open, slow } from "./redis.ts";

const failure = new Error("no such shard");

describe.each(adapters)("over $name", (adapter) => {
	// Broken on purpose: without `releaseAll` in BulkLoads.#round the other process waits for ten minutes.
	test("a key that the loader has an error for fails alone, for all who wait, and another process may load it", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const patient = { namespace: freshNamespace(), leaseMs: 600_000, leaseWaitMs: 600_000 };
		const here = await listeningOn(redis, patient);
		const elsewhere = await listeningOn(redis, patient);
		const begun = gate<void>();
		const end = gate<Map<string, string | Error>>();
		const load = (): Promise<Map<string, string | Error>> => {
			begun.open();
			return end.opened;
		};
		const many = here.getOrLoadMany(["a", "b", "none"], load, { errors: "return" });
		await begun.opened;
		const joined = here.getOrLoad("b", () => "never").catch((error: unknown) => error);
		const another = here.getOrLoadMany(["b"], () => ["never"], { errors: "return" });
		const other = elsewhere.getOrLoad("b", () => "from elsewhere");
		end.open(
			new Map<string, string | Error>([
				["a", "loaded"],
				["b", failure],
			]),
		);
		expect(await many).toEqual(["loaded", failure, null]);
		expect(await joined).toBe(failure);
		expect(await another).toEqual([failure]);
		expect(await other).toBe("from elsewhere");
		expect(await elsewhere.getMany(["a", "b"])).toEqual(["loaded", "from elsewhere"]);
		expect(here.events).toContainEqual({ type: "load-failed", key: "b", error: failure, background: false });
		expect(here.stats()).toMatchObject({ loads: 1, loadErrors: 1 });
	});

	test("without the option the call rejects with that error, and what was loaded is cached", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = await listeningOn(redis);
		const load = (keys: readonly string[]): Array<string | Error> =>
			keys.map((key) => (key === "b" ? failure : key));
		await expect(cache.getOrLoadMany(["a", "b", "c"], load)).rejects.toBe(failure);
		expect(await cache.getOrLoadMany(["a", "c"], () => ["a is", "c is"])).toEqual(["a", "c"]);
		expect(await cache.get("b")).toBeUndefined();
	});

	test("what fails the whole loader stands in the place of each of its keys, beside what was cached", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = cacheOn(redis, { leaseMs: 600_000, leaseWaitMs: 600_000, hardTimeoutMs: 600_000 });
		await cache.set("cached", 1);
		const keys = ["a", "cached", "b", "a"];
		const fail = (): Promise<number[]> => Promise.reject(failure);
		expect(await cache.getOrLoadMany(keys, fail, { errors: "return" })).toEqual([
			failure,
			1,
			failure,
			failure,
		]);
		expect(await cache.getOrLoadMany(keys, (some) => some.map(() => 2))).toEqual([2, 1, 2, 2]);
		await expect(
			cache.getOrLoadMany(["c"], () => Promise.reject("no error"), { errors: "return" }),
		).rejects.toBe("no error");
	});

	// Broken on purpose: without `isFallback` in BulkLoads.#fail the error comes; without `resting` in Bulk.#looked, a second load.
	test("a stale value that may be served for errors comes in the place of an error, and the loader rests", async () => {
		let now = Date.now();
		const redis = await open(adapter, inject("redisUrl"));
		const policy = { ttlMs: 1_000, jitter: 0, staleIfErrorMs: 60_000, errorBackoffMs: 5_000 };
		const cache = cacheOn(redis, { ...policy, clock: () => now, l1: false });
		await cache.set("a", "old");
		now += 1_000;
		const asked: Array<readonly string[]> = [];
		const load = (keys: readonly string[]): Error[] => {
			asked.push(keys);
			return keys.map(() => failure);
		};
		const read = (): Promise<Array<string | null | Error>> =>
			cache.getOrLoadMany<string>(["a", "b"], load, { errors: "return" });
		expect(await read()).toEqual(["old", failure]);
		expect(await read()).toEqual(["old", failure]);
		now += 5_000;
		expect(await read()).toEqual(["old", failure]);
		expect(asked).toEqual([["a", "b"], ["b"], ["a", "b"]]);
	});

	test("a key that takes too long has the timeout in its place, and what is loaded late is cached", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = await listeningOn(redis);
		await cache.set("cached", "v");
		const late = slow<string[]>();
		const options = { hardTimeoutMs: 40, errors: "return" } as const;
		const [cached, timeout] = await cache.getOrLoadMany(["cached", "a"], late.load, options);
		expect(cached).toBe("v");
		expect(timeout).toMatchObject({ code: "RK_CACHE_LOAD_TIMEOUT", key: "a", timeoutMs: 40, phase: "load" });
		const joined = cache.getOrLoad("a", () => "another", { hardTimeoutMs: 600_000 });
		late.end.open(["late"]);
		expect(await joined).toBe("late");
		await expect(
			cache.getOrLoadMany(["b"], () => new Promise<string[]>(() => {}), { hardTimeoutMs: 40 }),
		).rejects.toMatchObject({ code: "RK_CACHE_LOAD_TIMEOUT", key: "b" });
	});

	test("with a soft timeout the keys that have a stale value get it, and the others wait", async () => {
		let now = Date.now();
		const redis = await open(adapter, inject("redisUrl"));
		const policy = { ttlMs: 1_000, jitter: 0, staleIfErrorMs: 60_000, softTimeoutMs: 20 };
		const cache = await listeningOn(redis, { ...policy, clock: () => now, heartbeatMs: 600_000 });
		await cache.set("a", "old");
		now += 1_000;
		const load = slow<string[]>();
		const many = cache.getOrLoadMany(["a", "b"], load.load);
		await load.begun;
		expect(await cache.getOrLoadMany(["a"], () => ["never"])).toEqual(["old"]);
		load.end.open(["new", "b"]);
		expect((await many)[1]).toBe("b");
		expect(await cache.getOrLoadMany(["a"], () => ["never"])).toEqual(["new"]);
	});

	test("a definition's getMany has the option too, whether or not it loads many at once", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = cacheOn(redis);
		const half = (n: number): number | Error => (n % 2 === 0 ? n / 2 : failure);
		const load = (n: number): number => {
			if (n % 2 === 1) throw failure;
			return n / 2;
		};
		const halves = cache.define("half", { load, loadMany: (ns) => ns.map(half) });
		const singly = cache.define("singly", { load });
		for (const definition of [halves, singly]) {
			expect(await definition.getMany([2, 3, 4], { errors: "return" })).toEqual([1, failure, 2]);
			await expect(definition.getMany([2, 3, 4])).rejects.toBe(failure);
			const signal = AbortSignal.abort();
			const aborted = definition.getMany([6], { errors: "return", signal });
			await expect(aborted).rejects.toMatchObject({ code: "RK_ABORTED" });
		}
		expectTypeOf(await halves.getMany([2], { errors: "return" })).toEqualTypeOf<Array<number | Error>>();
		expectTypeOf(await halves.getMany([2])).toEqualTypeOf<number[]>();
	});
});

test("errors are in the type of the result where they are asked for", async () => {
	const cache = cacheOn(null);
	const load = (keys: readonly string[]): Array<number | Error> => keys.map(() => 1);
	expectTypeOf(await cache.getOrLoadMany(["a"], load)).toEqualTypeOf<Array<number | null>>();
	const returned = await cache.getOrLoadMany(["a"], load, { errors: "return" });
	expectTypeOf(returned).toEqualTypeOf<Array<number | null | Error>>();
	expect(returned).toEqual([1]);
});

test("a call that wants neither to reject with errors nor to have them is refused", () => {
	const cache = cacheOn(null);
	const refused = expect.objectContaining({ code: "RK_INVALID_ARGUMENT", argument: "errors" });
	const options = Object.fromEntries([["errors", "ignore"]]);
	expect(() => cache.getOrLoadMany(["a"], () => [1], options)).toThrow(refused);
	expect(() => cache.getOrLoad("a", () => 1, { ...Object.fromEntries([["errors", "return"]]) })).toThrow(
		refused,
	);
});
