import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { describe, expect, inject, test } from "vitest";
import type { CacheOptions } from "../src/index.ts";
import { type Adapter, adapters, cacheOn, freshNamespace, listeningOn, open, slow, until } from "./redis.ts";
import { deletedAtOnce } from "./support/at-once.ts";

const never = (): never => expect.fail("nothing is to be loaded");

/** Two processes, as far as Redis can tell: in `b`, which hears nothing of `a`, a load of "k" has begun. */
async function withLoadUnderWay(adapter: Adapter, options: Partial<CacheOptions>) {
	const redis = await open(adapter, inject("redisUrl"));
	const namespace = freshNamespace();
	const a = cacheOn(redis, { namespace, l1: false });
	const b = cacheOn(redis, { namespace, bus: false, ...options });
	const old = slow<string>();
	const before = b.getOrLoad("k", old.load);
	await old.begun;
	return { a, b, before, end: old.end };
}

describe.each(adapters)("over $name", (adapter) => {
	// Broken on purpose: where isTooLate gives false, who comes after the delete is given "old" by the load that he joined.
	test("without memory, who asks after another process's delete gets nothing from before, though he joins an older load", async () => {
		const { a, b, before, end } = await withLoadUnderWay(adapter, { l1: false });
		const alsoBefore = b.getOrLoad("k", () => "new");
		await a.delete("k");
		const after = b.getOrLoad("k", () => "new");
		const [many] = [b.getOrLoadMany(["k"], () => ["new"])];
		end.open("old");
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

	// Broken on purpose: where Tokens.ensure keeps what any load before has asked for, "old" is served.
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

	// Broken on purpose: where Fetches.add sends the first read at once, the ninth command over ioredis has the first ones leave, and "old" is
	// served after the delete.
	test("without memory, who asks after a delete gets nothing from before, though the read had begun in the same turn", async () => {
		const url = inject("redisUrl");
		const redis = await open(adapter, url);
		const namespace = freshNamespace();
		const cache = cacheOn(redis, { namespace, l1: false, bus: false });
		await cache.set("k", "old");
		const before = cache.getOrLoad("k", () => "new");
		// So many that the first of them may leave before the turn is over.
		const others = Array.from({ length: 1_000 }, (_, i) => cache.getOrLoad(`other ${i}`, () => i));
		deletedAtOnce(url, namespace, "k");
		const after = cache.getOrLoad("k", () => "new");
		const read = cache.get("k");
		expect(["old", "new"]).toContain(await before);
		expect(await after).toBe("new");
		expect(await read).not.toBe("old");
		await Promise.all(others);
	});

	// Broken on purpose: where Reads does not forget a read that has left, or a Fetch is told that it leaves when its reply is there.
	test("without memory, who asks after a delete gets nothing from before, though a read is on its way", async () => {
		const url = inject("redisUrl");
		const redis = await open(adapter, url);
		const namespace = freshNamespace();
		const cache = cacheOn(redis, { namespace, l1: false, bus: false });
		await cache.set("read", "old");
		await cache.set("loaded", "old");
		const before = Promise.all([cache.get("read"), cache.getOrLoad("loaded", () => "new")]);
		await new Promise((resolve) => process.nextTick(resolve)); // they are with the client
		await new Promise((resolve) => setImmediate(resolve)); // and on their way
		deletedAtOnce(url, namespace, "read");
		deletedAtOnce(url, namespace, "loaded");
		const read = cache.get("read");
		const loaded = cache.getOrLoad("loaded", () => "new");
		expect(await read).toBeUndefined();
		expect(await loaded).toBe("new");
		expect(await before).toEqual(["old", "old"]);
	});

	// Broken on purpose: where a flight does not count the read that leaves as a step, each caller reads it again.
	test("who asks in the same turn shares one read, without memory too", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = cacheOn(redis, { l1: false, bus: false });
		await cache.set("k", 1);
		const calls = Array.from({ length: 50 }, () => cache.getOrLoad("k", () => 2));
		expect(new Set(await Promise.all(calls))).toEqual(new Set([1]));
		expect(cache.stats().l2Hits).toBe(1);
		const reads = Array.from({ length: 50 }, () => cache.get("k"));
		expect(new Set(await Promise.all(reads))).toEqual(new Set([1]));
		expect(cache.stats().l2Hits).toBe(2);
	});

	// Broken on purpose: where isTooLate lets one in who comes with the step itself.
	test("without memory, who asks after a delete gets nothing from before, though the loader had begun in the same turn", async () => {
		const url = inject("redisUrl");
		const redis = await open(adapter, url);
		const namespace = freshNamespace();
		const cache = cacheOn(redis, { namespace, l1: false, bus: false });
		let inDatabase = "old";
		const after: Array<Promise<string>> = [];
		// One who is not the loader himself.
		const somebody = AsyncResource.bind((ask: () => Promise<string>) => after.push(ask()));
		const before = cache.getOrLoad("k", () => {
			const found = inDatabase;
			inDatabase = "new";
			deletedAtOnce(url, namespace, "k");
			somebody(() => cache.getOrLoad("k", () => inDatabase));
			return found;
		});
		expect(await before).toBe("old");
		expect(await Promise.all(after)).toEqual(["new"]);
	});

	// Broken on purpose: where the flight itself asks anew, the second loader runs in the context of the first.
	test("who came too late has his loader run in his own async context", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = cacheOn(redis, { l1: false, bus: false });
		const request = new AsyncLocalStorage<string>();
		const first = slow<string>();
		const early = request.run("early", () => cache.getOrLoad("k", first.load));
		await first.begun;
		const late = request.run("late", () => cache.getOrLoad("k", () => request.getStore()));
		await cache.delete("k"); // what the first load gives is not kept
		first.end.open("early");
		expect(await early).toBe("early");
		expect(await late).toBe("late");
	});

	// Broken on purpose: where Flight does not compare tags, who names "t" is given what its invalidation did not reach.
	test("who joins a read is not served what goes without one of his tags", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		for (const l1 of [{}, false] as const) {
			const namespace = freshNamespace();
			await cacheOn(redis, { namespace, l1: false }).set("k", "old");
			const cache = await listeningOn(redis, { namespace, l1 });
			await cache.invalidateTag("t");
			const without = cache.getOrLoad("k", () => "new");
			const tagged = cache.getOrLoad("k", () => "new", { tags: ["t"] });
			expect(await Promise.all([without, tagged])).toEqual(["old", "new"]);
		}
	});

	// Broken on purpose: where memory without a bus counts as told, "old" is served long after `l1.ttlMs`.
	test("without a bus, who asks after another process's delete and l1.ttlMs gets nothing from before", async () => {
		const { a, b, before, end } = await withLoadUnderWay(adapter, { l1: { ttlMs: 10 } });
		await a.delete("k");
		await new Promise((resolve) => setTimeout(resolve, 20));
		const after = b.getOrLoad("k", () => "new");
		end.open("old");
		expect(await before).toBe("old");
		expect(await after).toBe("new");
	});

	// Broken on purpose: where Flight.fail rejects all, the error of the load from before is given.
	test("without memory, who asks after another process's set does not fail with an older load", async () => {
		const { a, b, before, end } = await withLoadUnderWay(adapter, { l1: false });
		await a.set("k", "new");
		const after = b.getOrLoad("k", () => "loaded");
		end.fail(new Error("no row yet"));
		await expect(before).rejects.toThrow("no row yet");
		expect(await after).toBe("new");
	});

	// Broken on purpose, each red: where patienceLeft gives `ms` in flight.ts; in gathering.ts.
	test.each(["one", "many"])(
		"who came too late, and asks anew, waits no longer than hardTimeoutMs in all: %s",
		async (which) => {
			const { b, before, end } = await withLoadUnderWay(adapter, { l1: false });
			const hung = (): Promise<never> => new Promise(() => {});
			const ends: string[] = [];
			const impatient = (call: string, value: Promise<unknown>): Promise<unknown> =>
				expect(value.finally(() => ends.push(call))).rejects.toMatchObject({ code: "RK_CACHE_LOAD_TIMEOUT" });
			const options = { hardTimeoutMs: 300 };
			const late = which === "one" ? b.getOrLoad("k", hung, options) : b.getOrLoadMany(["k"], hung, options);
			const all = [
				impatient("late", late),
				impatient("other", b.getOrLoad("other", hung, { hardTimeoutMs: 450 })),
			];
			setTimeout(() => end.fail(new Error("no row yet")), 250);
			await expect(before).rejects.toThrow("no row yet");
			await Promise.all(all);
			expect(ends).toEqual(["late", "other"]);
		},
	);

	// Broken on purpose: where they may join what has begun, and ask a tick later, it ends with the hits, and not before.
	test("without memory, a load of many is not kept waiting by hits on one of its keys", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = cacheOn(redis, { namespace: freshNamespace(), l1: false });
		await cache.set("hot", 1);
		let [hits, many] = [0, 0];
		const hit = async (): Promise<void> => {
			for (; hits < 3_000 && many < 20; hits++) await cache.getOrLoad("hot", () => 2);
		};
		const load = async (): Promise<void> => {
			for (; many < 20; many++)
				expect(await cache.getOrLoadMany(["hot", "also"], (keys) => keys.map(() => 3))).toEqual([1, 3]);
		};
		await Promise.all([hit(), hit(), hit(), load()]);
		expect(hits).toBeLessThan(3_000);
	});

	// Broken on purpose: where each of them has a call of its own, there are 31.
	test("without memory, many keys whose loads came to nothing for a caller are loaded anew together", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const namespace = freshNamespace();
		const a = cacheOn(redis, { namespace, l1: false });
		const b = cacheOn(redis, { namespace, l1: false, bus: false });
		const keys = Array.from({ length: 30 }, (_, i) => `k${i}`);
		const old = slow<string[]>();
		const before = b.getOrLoadMany(keys, old.load);
		await old.begun;
		await a.deleteMany(keys);
		const asked: Array<readonly string[]> = [];
		const after = b.getOrLoadMany(["k5", "mine", ...keys], (some) => {
			asked.push(some);
			if (some.includes("mine")) old.end.open(keys.map(() => "old"));
			return some.map((key) => `new ${key}`);
		});
		expect(await before).toEqual(keys.map(() => "old"));
		expect(await after).toEqual(["k5", "mine", ...keys].map((key) => `new ${key}`));
		// One for "mine", and one for all that a turn of the event loop heard of.
		expect(asked.length).toBeLessThan(15);
	});

	// Broken on purpose: where it may always be joined, all fail for as long as the process lives.
	test("a load that hangs is joined no more once two have lost their patience, one after the other", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = await listeningOn(redis, { hardTimeoutMs: 50, leaseMs: 100 });
		const hung = (): Promise<string> => new Promise(() => {});
		for (let n = 0; n < 2; n++)
			await expect(cache.getOrLoad("k", hung)).rejects.toMatchObject({ code: "RK_CACHE_LOAD_TIMEOUT" });
		expect(await cache.getOrLoad("k", () => "new", { hardTimeoutMs: 10_000 })).toBe("new");
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

// Broken on purpose: where it counts who waited for another load before as well, the last one loads a third time.
test("who has little patience left, having waited for another load, keeps nobody from joining", async () => {
	const cache = cacheOn(null); // in Redis the lease would keep the last one from loading
	const [first, second] = [slow<string>(), slow<string>()];
	const tagged = { tags: ["t"], hardTimeoutMs: 150 };
	const untagged = cache.getOrLoad("k", first.load);
	await first.begun;
	const patient = cache.getOrLoad("k", never, tagged);
	await cache.delete("k");
	const impatient = cache.getOrLoad("k", second.load, { ...tagged, hardTimeoutMs: 30 });
	await expect(impatient).rejects.toMatchObject({ code: "RK_CACHE_LOAD_TIMEOUT" });
	first.end.open("of another load");
	expect(await untagged).toBe("of another load");
	await expect(patient).rejects.toMatchObject({ code: "RK_CACHE_LOAD_TIMEOUT" });
	const last = cache.getOrLoad("k", never, tagged);
	second.end.open("shared");
	expect(await last).toBe("shared");
});
