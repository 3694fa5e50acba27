import { del, pttl, rpush } from "@rk/client";
import { describe, expect, inject, test } from "vitest";
import { adapters, cacheOn, freshNamespace, gate, listeningOn, open, slow, until } from "./redis.ts";

const lease = (namespace: string, key: string): string => `{${namespace}:${key}}:l`;

describe.each(adapters)("over $name", (adapter) => {
	test("two processes that ask at once run the loader once", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const namespace = freshNamespace();
		const a = cacheOn(redis, { namespace });
		const b = cacheOn(redis, { namespace });
		const first = slow<string>();
		const fromA = Promise.all([a.getOrLoad("k", first.load), a.getOrLoad("k", () => "never")]);
		await first.begun;
		const fromB = b.getOrLoad("k", () => "loaded twice");
		first.end.open("loaded once");
		expect([...(await fromA), await fromB]).toEqual(["loaded once", "loaded once", "loaded once"]);
	});

	test("when a loader fails, who waits elsewhere loads, and does not wait for the lease to end", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const namespace = freshNamespace();
		const a = await listeningOn(redis, { namespace, leaseMs: 600_000, leaseWaitMs: 600_000 });
		const b = await listeningOn(redis, { namespace, leaseMs: 600_000, leaseWaitMs: 600_000 });
		const failing = slow<string>();
		const fromA = a.getOrLoad("k", failing.load);
		await failing.begun;
		const fromB = b.getOrLoad("k", () => "from b");
		failing.end.fail(new Error("no database"));
		await expect(fromA).rejects.toThrow("no database");
		expect(await fromB).toBe("from b");
	});

	// Broken on purpose: without `signal` handling in Flight.wait, or without the release in Loads, b waits for ten minutes.
	test("when the only caller gives up, his lease goes with him", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const namespace = freshNamespace();
		const a = await listeningOn(redis, { namespace, leaseMs: 600_000, leaseWaitMs: 600_000 });
		const b = await listeningOn(redis, { namespace, leaseMs: 600_000, leaseWaitMs: 600_000 });
		const controller = new AbortController();
		const begun = gate<void>();
		const fromA = a.getOrLoad(
			"k",
			({ signal }) =>
				new Promise((_, reject) => {
					begun.open();
					signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
				}),
			{ signal: controller.signal },
		);
		await begun.opened;
		const fromB = b.getOrLoad("k", () => "from b");
		controller.abort();
		await expect(fromA).rejects.toMatchObject({ code: "RK_ABORTED" });
		expect(await fromB).toBe("from b");
	});

	// Broken on purpose: where the lease is known as taken only after the tokens, others wait for its end.
	test("a lease that was taken while the tokens could not be read is given back", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const namespace = freshNamespace();
		await redis.command(rpush(`{${namespace}}:n`, "no token"));
		const cache = cacheOn(redis, { namespace, leaseMs: 600_000 });
		expect(await cache.getOrLoad("k", () => "loaded")).toBe("loaded");
		await until(async () => (await redis.command(pttl(lease(namespace, "k")))) === -2);
	});

	// Broken on purpose: without the comparison in fill.lua the value is stored.
	test("a load that lost its lease is given to its callers, and not stored", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const namespace = freshNamespace();
		const cache = cacheOn(redis, { namespace });
		const load = slow<string>();
		const value = cache.getOrLoad("k", load.load);
		await load.begun;
		await redis.command(del(lease(namespace, "k")));
		load.end.open("too late");
		expect(await value).toBe("too late");
		expect(cache.stats().fillsDropped).toBe(1);
		expect(cache.events).toContainEqual({ type: "fill-dropped", key: "k" });
		expect(await cache.get("k")).toBeUndefined();
	});

	// Broken on purpose: without Lease.keep the lease ends under the loader.
	test("a lease lives as long as its loader, which may take longer than leaseMs", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const namespace = freshNamespace();
		const cache = cacheOn(redis, { namespace, leaseMs: 6_000, hardTimeoutMs: 600_000 });
		const load = slow<string>();
		const value = cache.getOrLoad("k", load.load);
		await load.begun;
		let least = 6_000;
		await until(async () => {
			const left = await redis.command(pttl(lease(namespace, "k")));
			const renewed = left > least;
			least = Math.min(least, left);
			return renewed || left < 0;
		});
		expect(least).toBeGreaterThan(0);
		load.end.open("v");
		expect(await value).toBe("v");
		expect(cache.stats().fillsDropped).toBe(0);
		expect(await cacheOn(redis, { namespace, l1: false }).get("k")).toBe("v");
	});

	// Broken on purpose: without Lease.keep in BulkLoads the leases end under the loader, and the other process loads.
	test("the leases of a load of many live as long as its loader, which may take longer than leaseMs", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const patient = {
			namespace: freshNamespace(),
			leaseMs: 6_000,
			leaseWaitMs: 600_000,
			hardTimeoutMs: 600_000,
		};
		const a = await listeningOn(redis, patient);
		const b = await listeningOn(redis, patient);
		const keys = Array.from({ length: 300 }, (_, i) => `k${i}`); // which go in more than one lot
		const load = slow<string[]>();
		const fromA = a.getOrLoadMany(keys, load.load);
		await load.begun;
		const asked: Array<readonly string[]> = [];
		const fromB = b.getOrLoadMany(keys, (missing) => {
			asked.push(missing);
			return missing.map(() => "from b");
		});
		const left = (key: string): Promise<number> => redis.command(pttl(lease(patient.namespace, key)));
		for (const key of ["k0", "k299"]) {
			let least = patient.leaseMs;
			await until(async () => {
				const now = await left(key);
				const renewed = now > least;
				least = Math.min(least, now);
				return renewed || now < 0;
			});
			expect(least).toBeGreaterThan(0);
		}
		load.end.open(keys.map((key) => `${key} from a`));
		const values = keys.map((key) => `${key} from a`);
		expect(await fromA).toEqual(values);
		expect(await fromB).toEqual(values);
		expect(asked).toEqual([]);
		expect(a.stats().fillsDropped).toBe(0);
		expect(await b.getMany(keys)).toEqual(values);
		expect(await left("k0")).toBeLessThan(0);
	});

	test("who has waited for another process long enough loads by himself, and does not write", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const namespace = freshNamespace();
		const a = cacheOn(redis, { namespace });
		const b = cacheOn(redis, { namespace, leaseWaitMs: 10 });
		const load = slow<string>();
		const fromA = a.getOrLoad("k", load.load);
		await load.begun;
		expect(await b.getOrLoad("k", () => "from b")).toBe("from b");
		expect(b.peek("k")).toBeUndefined();
		load.end.open("from a");
		expect(await fromA).toBe("from a");
		expect(await b.get("k")).toBe("from a");
	});
});
