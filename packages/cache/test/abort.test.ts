import { describe, expect, inject, test } from "vitest";
import { adapters, cacheOn, freshNamespace, gate, listeningOn, open, slow, until } from "./redis.ts";

describe.each(adapters)("over $name", (adapter) => {
	test("who aborts leaves alone; the load goes on for the others, and its signal stays still", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = await listeningOn(redis); // which cuts what began before it listened
		const controller = new AbortController();
		const begun = gate<AbortSignal>();
		const end = gate<string>();
		const leader = cache.getOrLoad(
			"k",
			({ signal }) => {
				begun.open(signal);
				return end.opened;
			},
			{ signal: controller.signal },
		);
		const signal = await begun.opened;
		const follower = cache.getOrLoad("k", () => "another");
		controller.abort("reason");
		await expect(leader).rejects.toMatchObject({ code: "RK_ABORTED", cause: "reason" });
		expect(signal.aborted).toBe(false);
		end.open("v");
		expect(await follower).toBe("v");
	});

	test("when the last one aborts, the loader's signal aborts, and the next caller loads anew", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = cacheOn(redis);
		const controller = new AbortController();
		const begun = gate<AbortSignal>();
		const hanging = cache.getOrLoad(
			"k",
			({ signal }) => {
				begun.open(signal);
				return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
			},
			{ signal: controller.signal },
		);
		const signal = await begun.opened;
		controller.abort();
		await expect(hanging).rejects.toMatchObject({ code: "RK_ABORTED" });
		expect(signal.aborted).toBe(true);
		expect(await cache.getOrLoad("k", () => "new")).toBe("new");
	});

	// Broken on purpose: where Loads.ask does not expect the first caller, his call fails as one that nobody waits for.
	test("who joins and aborts does not end the read of the one he joined", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		for (const cache of [await listeningOn(redis), cacheOn(redis, { l1: false })]) {
			const controller = new AbortController();
			const first = cache.getOrLoad("k", () => "value");
			const joined = cache.getOrLoad("k", () => "another", { signal: controller.signal });
			controller.abort();
			await expect(joined).rejects.toMatchObject({ code: "RK_ABORTED" });
			expect(await first).toBe("value");
		}
	});

	// Broken on purpose: where Loads counts it as a failure, the next caller is given "old" without a try.
	test("an abort is not a load that failed", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		let now = Date.now();
		const policy = { ttlMs: 1_000, jitter: 0, staleIfErrorMs: 3_600_000 };
		const cache = cacheOn(redis, { ...policy, l1: false, clock: () => now });
		await cache.set("k", "old");
		now += 1_000;
		const controller = new AbortController();
		const begun = gate<void>();
		const aborted = cache.getOrLoad(
			"k",
			({ signal }) => {
				begun.open();
				return new Promise<string>((_, reject) =>
					signal.addEventListener("abort", () => reject(signal.reason)),
				);
			},
			{ signal: controller.signal },
		);
		await begun.opened;
		controller.abort();
		await expect(aborted).rejects.toMatchObject({ code: "RK_ABORTED" });
		await until(() => cache.stats().loadErrors === 1);
		expect(await cache.getOrLoad("k", () => "new")).toBe("new");
	});

	// Broken on purpose: where Nesting does not mark the end of a loader, it is RK_CACHE_REENTRANT.
	test("what a loader started, and goes on after it, is no part of it", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = await listeningOn(redis);
		const fired = gate<void>();
		const later: Array<Promise<string>> = [];
		await cache.getOrLoad("k", () => {
			later.push(fired.opened.then(() => cache.getOrLoad("k", () => "new")));
			return "old";
		});
		await cache.delete("k");
		const busy = slow<string>();
		const other = cache.getOrLoad("other", busy.load);
		await busy.begun; // nesting is in use
		fired.open();
		expect(await Promise.all(later)).toEqual(["new"]);
		busy.end.open("");
		await other;
	});

	test("the loader of many is aborted with its caller, unless somebody else waits for one of its keys", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = await listeningOn(redis);
		const begin = async (keys: readonly string[]) => {
			const controller = new AbortController();
			const begun = gate<AbortSignal>();
			const end = gate<string[]>();
			const load = (
				_: readonly string[],
				{ signal }: { readonly signal: AbortSignal },
			): Promise<string[]> => {
				begun.open(signal);
				return end.opened;
			};
			const many = cache.getOrLoadMany(keys, load, { signal: controller.signal, errors: "return" });
			return { controller, many, signal: await begun.opened, end };
		};
		const alone = await begin(["a", "b"]);
		alone.controller.abort("reason");
		await expect(alone.many).rejects.toMatchObject({ code: "RK_ABORTED", cause: "reason" });
		await until(() => alone.signal.aborted);
		expect(alone.signal.reason).toBe("reason");
		expect(cache.stats().inFlight).toBe(0);

		const shared = await begin(["c", "d"]);
		const follower = cache.getOrLoad("d", () => "another");
		shared.controller.abort();
		await expect(shared.many).rejects.toMatchObject({ code: "RK_ABORTED" });
		shared.end.open(["c", "d"]);
		expect(await follower).toBe("d");
		expect(shared.signal.aborted).toBe(false);
	});

	test("a call whose signal is aborted already loads nothing", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = cacheOn(redis);
		const call = cache.getOrLoad("k", () => "v", { signal: AbortSignal.abort() });
		await expect(call).rejects.toMatchObject({ code: "RK_ABORTED" });
		expect(cache.stats().loads).toBe(0);
	});

	// Broken on purpose: without Nesting.conflict the test waits for ever.
	test("a loader that asks for its own key is told so, also through another key", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = cacheOn(redis);
		const reentrant = { code: "RK_CACHE_REENTRANT", key: "a" };
		await expect(cache.getOrLoad("a", () => cache.getOrLoad("a", () => 1))).rejects.toMatchObject(reentrant);
		const round = cache.getOrLoad("a", () =>
			cache.getOrLoad("b", () => cache.getOrLoadMany(["a"], () => [1])),
		);
		await expect(round).rejects.toMatchObject(reentrant);
		expect(await cache.getOrLoad("a", () => cache.getOrLoad("c", () => 3))).toBe(3);
	});

	// Broken on purpose: where a nested load waits for a place, each waits for the other.
	test("loads inside loads need no place of their own", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = cacheOn(redis, {
			maxConcurrentLoads: 1,
			loadQueueTimeoutMs: 600_000,
			hardTimeoutMs: 600_000,
		});
		expect(await cache.getOrLoad("outer", () => cache.getOrLoad("inner", () => "v"))).toBe("v");
	});

	test("nothing of a load is left when it is over", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = cacheOn(redis, { l1: false });
		const fails = Array.from({ length: 200 }, (_, i) =>
			cache.getOrLoad(`k${i}`, () => (i % 2 === 0 ? i : Promise.reject(new Error("no")))),
		);
		const reads = Array.from({ length: 200 }, (_, i) => cache.get(`k${i}`));
		await Promise.allSettled([...fails, ...reads]);
		await until(() => cache.stats().inFlight === 0);
	});

	// Broken on purpose: without Bulk.close in the cache's the loader's signal never aborts, and "late" is written.
	test("close aborts a loader of many, and what it gives all the same is not written", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const namespace = freshNamespace();
		const cache = cacheOn(redis, { namespace });
		const begun = gate<AbortSignal>();
		const end = gate<string[]>();
		const many = cache.getOrLoadMany(["a", "b"], (_, { signal }) => {
			begun.open(signal);
			return end.opened;
		});
		const signal = await begun.opened;
		const closing = cache.close();
		await expect(many).rejects.toMatchObject({ code: "RK_CLOSED" });
		expect(signal.aborted).toBe(true);
		await closing;
		end.open(["late", "late"]);
		// Once the leases are given back, nothing is to come.
		const other = cacheOn(redis, { namespace, leaseWaitMs: 600_000 });
		expect(await other.getOrLoadMany(["a", "b"], (keys) => keys.map(() => "new"))).toEqual(["new", "new"]);
	});

	test("close rejects who waits, aborts loaders, and takes no more calls", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const cache = cacheOn(redis);
		const hanging = slow<string>();
		const load = cache.getOrLoad("k", hanging.load);
		await hanging.begun;
		const closing = cache.close();
		await expect(load).rejects.toMatchObject({ code: "RK_CLOSED" });
		await closing;
		await cache.close();
		expect(() => cache.get("k")).toThrow(expect.objectContaining({ code: "RK_CLOSED" }));
		await expect(cache.getOrLoad("k", () => 1)).rejects.toMatchObject({ code: "RK_CLOSED" });
		expect(cache.peek("k")).toBeUndefined();
	});
});
