import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { rpush } from "@rk/client";
import {
	type ClusterNode,
	type FaultProxy,
	startCluster,
	startServer,
	type TestCluster,
	type TestServer,
} from "@rk/testing";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openCluster } from "../../../test/adapters.ts";
import type { CacheOptions } from "../src/index.ts";
import { adapters, cacheOn, freshNamespace, open, slow, type TestCache, until } from "./redis.ts";

/*
 * Reads of one turn leave together.
 */
let server: TestServer;
beforeAll(async () => {
	server = await startServer({ owned: true, proxied: true });
});
afterEach(() => proxy().heal());
afterAll(() => server.stop());

function proxy(): FaultProxy {
	return server.proxy ?? expect.fail("the server has no proxy");
}

/** What is read is known to be small. */
async function warmed(cache: TestCache): Promise<void> {
	await cache.set("small", 1);
	for (let i = 0; i < 100; i++) await cache.get("small");
}

const never = (): never => expect.fail("nothing is to be loaded");
const keys = Array.from({ length: 100 }, (_, i) => `key ${i}`);

describe.each(adapters)("over $name", (adapter) => {
	// Broken on purpose: where each Fetch has a group of its own there are 100 commands, and where MOST is 1 000, one.
	test("what is asked for in one turn is read by few commands, each of some keys", async () => {
		const redis = await open(adapter, server.url);
		const cache = cacheOn(redis, { l1: false, bus: false });
		await cache.setMany(keys.map((key, i) => [key, i]));
		await warmed(cache);
		proxy().forget();
		const loaded = keys.map((key) => cache.getOrLoad(key, never));
		expect(await Promise.all(loaded)).toEqual(keys.map((_, i) => i));
		expect(
			proxy()
				.commands()
				.map(([name, ...args]) => [name, args.length]),
		).toEqual([
			...[
				["MGET", 65],
				["MGET", 37],
			], // one each for the token of the namespace
		]);
		proxy().forget();
		expect(await Promise.all(keys.map((key) => cache.get(key)))).toEqual(keys.map((_, i) => i));
		expect(proxy().count("MGET")).toBe(2);
	});

	// Broken on purpose: where all are handed out in one turn, what the callers ask for next is one command of 64.
	test("while the callers of half the values work, what those of the other half want is on its way", async () => {
		const redis = await open(adapter, server.url);
		const cache = cacheOn(redis, { l1: false, bus: false });
		const some = keys.slice(0, 64);
		await cache.setMany(some.map((key, i) => [key, i]));
		await warmed(cache);
		proxy().forget();
		await Promise.all(
			some.map(async (key, i) => {
				expect(await cache.getOrLoad(key, never)).toBe(i);
				expect(await cache.get(key)).toBe(i);
			}),
		);
		expect(
			proxy()
				.commands()
				.map(([, ...args]) => args.length),
		).toEqual([65, 33, 33]); // one each for the token of the namespace
	});

	// Broken on purpose: where Loads.mayRefresh gives true each time, each of them asks for the lease too.
	test("without memory, a value past its time costs only its read while this process loads it anew", async () => {
		const redis = await open(adapter, server.url);
		const namespace = freshNamespace();
		const past = cacheOn(redis, {
			...{ l1: false, bus: false, namespace },
			clock: () => Date.now() - 2_000,
			ttlMs: 1_000,
			staleMs: 60_000,
		});
		await past.set("k", "old");
		const waited: Array<Promise<unknown>> = [];
		const waitUntil = (work: Promise<unknown>): void => void waited.push(work);
		const cache = cacheOn(redis, { namespace, l1: false, bus: false, waitUntil });
		const refresh = slow<string>();
		expect(await cache.getOrLoad("k", refresh.load)).toBe("old");
		await refresh.begun;
		proxy().forget();
		expect(await cache.getOrLoad("k", never)).toBe("old");
		expect(await cache.getOrLoadMany(["k"], never)).toEqual(["old"]);
		expect(
			new Set(
				proxy()
					.commands()
					.map(([name]) => name),
			),
		).toEqual(new Set(["MGET"]));
		expect(waited).toHaveLength(1);
		refresh.end.open("new");
		await waited[0];
		expect(await cache.get("k")).toBe("new");
	});

	// Broken on purpose: where they leave it to the first one for ever, the value stays "old".
	test("without memory, a refresh that hangs is left to itself after hardTimeoutMs", async () => {
		const redis = await open(adapter, server.url);
		const namespace = freshNamespace();
		const options = { ttlMs: 1_000, staleMs: 600_000, hardTimeoutMs: 100, leaseMs: 100 };
		const past = cacheOn(redis, { ...options, namespace, clock: () => Date.now() - 2_000 });
		await past.set("k", "old");
		const cache = cacheOn(redis, { ...options, namespace, l1: false, bus: false });
		expect(await cache.getOrLoad("k", () => new Promise<never>(() => {}))).toBe("old");
		await until(async () => (await cache.getOrLoad("k", () => "new")) === "new");
	});

	// Broken on purpose: where tokens are asked for in another order than that of their refs, nothing is found.
	test("each read has the tokens of its own tags, though they are read together", async () => {
		const redis = await open(adapter, server.url);
		const cache = cacheOn(redis, { l1: false, bus: false });
		await warmed(cache);
		await cache.set("ab", 1, { tags: ["a", "b"] });
		await cache.set("bc", 2, { tags: ["b", "c"] });
		await cache.set("none", 3);
		const all = (): Promise<unknown[]> =>
			Promise.all([
				cache.getOrLoad("none", () => "none anew"),
				cache.getOrLoad("ab", () => "ab anew", { tags: ["a", "b"] }),
				cache.getOrLoad("bc", () => "bc anew", { tags: ["b", "c"] }),
			]);
		proxy().forget();
		expect(await all()).toEqual([3, 1, 2]);
		expect(proxy().commands()).toHaveLength(1);
		await cache.invalidateTag("c");
		expect(await all()).toEqual([3, 1, "bc anew"]);
	});

	// Broken on purpose: where Tokens.ask asks for each tag by itself as well, there are twelve for a call that does not name them.
	test.each([{ named: true }, { named: false }])(
		"a cold read of a value with ten tags takes three commands at most: $named",
		async ({ named }) => {
			const redis = await open(adapter, server.url);
			const namespace = freshNamespace();
			const tags = Array.from({ length: 10 }, (_, i) => `tag ${i}`);
			await cacheOn(redis, { namespace, l1: false, bus: false }).set("k", 1, { tags });
			const cold = cacheOn(redis, { namespace, l1: false, bus: false });
			proxy().forget();
			expect(await cold.getOrLoad("k", never, named ? { tags } : {})).toBe(1);
			expect(proxy().commands().length).toBeLessThanOrEqual(3);
		},
	);

	test("a value that cannot be read spoils none of those that are read with it", async () => {
		const redis = await open(adapter, server.url);
		const namespace = freshNamespace();
		const cache = cacheOn(redis, { namespace, l1: false, bus: false });
		await cache.set("good", 1);
		await redis.command(rpush(`{${namespace}:list}`, ["not ours"]));
		await server.command("SET", `{${namespace}:garbage}`, "garbage");
		const all = [
			cache.getOrLoad("list", () => "loaded"),
			cache.getOrLoad("good", never),
			cache.getOrLoad("garbage", () => "healed"),
			cache.get("good"),
		];
		expect(await Promise.all(all)).toEqual(["loaded", 1, "healed", 1]);
		expect(await server.command("TYPE", `{${namespace}:list}`)).toBe("list");
	});

	// Broken on purpose: where Reader.read goes on from the callback of the shared command, all run in the context of the first.
	test("what each read leads to runs in the async context of its own caller", async () => {
		const redis = await open(adapter, server.url);
		const cache = cacheOn(redis, { l1: false, bus: false });
		const request = new AsyncLocalStorage<string>();
		const loads = ["a", "b", "c"].map((name) =>
			request.run(name, () => cache.getOrLoad(name, () => request.getStore())),
		);
		expect(await Promise.all(loads)).toEqual(["a", "b", "c"]);
	});

	// Broken on purpose: as above, the load of "other" counts as part of that of "outer", and is refused.
	test("a load is no part of another one that it was asked for together with", async () => {
		const redis = await open(adapter, server.url);
		const cache = cacheOn(redis, { l1: false, bus: false });
		const outside = AsyncResource.bind(() => cache.getOrLoad("other", () => cache.getOrLoad("outer", never)));
		const others: Array<Promise<unknown>> = [];
		const outer = cache.getOrLoad("outer", async () => {
			const inner = cache.getOrLoad("inner", () => "inner");
			others.push(outside());
			return `outer of ${await inner}`;
		});
		expect(await outer).toBe("outer of inner");
		expect(await Promise.all(others)).toEqual(["outer of inner"]);
	});

	// Broken on purpose: where TURN_BYTES is Infinity, all are decoded in one turn.
	test("large values that are read together do not hold up the event loop together", async () => {
		const redis = await open(adapter, server.url);
		const cache = cacheOn(redis, { l1: false, bus: false });
		const some = keys.slice(0, 10);
		await cache.setMany(some.map((key) => [key, "x".repeat(200_000)]));
		await warmed(cache);
		let turn = 0;
		const count = (): void => {
			turn += 1;
			immediate = setImmediate(count);
		};
		let immediate = setImmediate(count);
		const turns = await Promise.all(some.map((key) => cache.getOrLoad(key, never).then(() => turn)));
		clearImmediate(immediate);
		expect(new Set(turns).size).toBe(5);
	});

	// Broken on purpose: where Fetches forgets at once how large values are, they are asked for together.
	test("where values are large, or not known to be small, each is asked for by itself", async () => {
		const redis = await open(adapter, server.url);
		const cache = cacheOn(redis, { l1: false, bus: false });
		const some = ["large", "another", "not large"];
		for (const key of some) await cache.set(key, "x".repeat(key === "not large" ? 10 : 200_000));
		/** How many values each command asked for, beside a token. */
		const lots = async (): Promise<number[]> => {
			proxy().forget();
			await Promise.all(some.map((key) => cache.getOrLoad(key, never)));
			return proxy()
				.commands()
				.map((args) => args.length - 2);
		};
		expect(await lots()).toEqual([1, 1, 1]);
		await warmed(cache);
		expect(await lots()).toEqual([3]);
		expect(await lots()).toEqual([1, 1, 1]);
	});

	// Broken on purpose: where only the first Fetch of a group is told of a failure, the others wait for ever.
	test("a read that fails is told to all that left with it, and each is loaded", async () => {
		const redis = await open(adapter, server.url);
		const cache = cacheOn(redis, { l1: false, bus: false, redisTimeoutMs: 300, breakerFailures: 200 });
		await cache.setMany(keys.map((key, i) => [key, i]));
		proxy().blackHole("requests");
		const loaded = keys.map((key) => cache.getOrLoad(key, () => `${key} loaded`));
		const read = keys.map((key) => cache.get(key));
		expect(await Promise.all(loaded)).toEqual(keys.map((key) => `${key} loaded`));
		expect(new Set(await Promise.all(read))).toEqual(new Set([undefined]));
		// As if each had been asked for by itself.
		expect(cache.stats().breaker).toBe("open");
	});

	describe("in a cluster", () => {
		/** A cache in which nobody knows tokens, and a key of another node than theirs. */
		async function inCluster(cluster: TestCluster, options: Partial<CacheOptions>) {
			const redis = await openCluster(adapter, cluster.nodes);
			const namespace = freshNamespace();
			const cache = cacheOn(redis, { namespace, bus: false, ...options });
			const ownerOf = (key: string): Promise<ClusterNode> => cluster.ownerOf(redis.topology.slotOf(key));
			const tokens = await ownerOf(`{${namespace}}:n`);
			const on: Record<"theirs" | "another", string> = { theirs: "", another: "" };
			for (let i = 0; on.theirs === "" || on.another === ""; i++)
				on[(await ownerOf(`{${namespace}:k${i}}`)) === tokens ? "theirs" : "another"] = `k${i}`;
			return { cache, tokens, values: await ownerOf(`{${namespace}:${on.another}}`), on };
		}

		// Broken on purpose: where nobody hears of the tokens until the values are there, the process would end.
		test("tokens that cannot be read while the value is on its way are no unhandled rejection", async () => {
			const cluster = await startCluster({ masters: 3, proxied: true });
			onTestFinished(() => cluster.stop());
			const { cache, tokens, values, on } = await inCluster(cluster, { l1: false });
			await cache.set(on.another, 1);
			expect(await cache.get(on.another)).toBe(1);
			const unhandled: unknown[] = [];
			const others = process.listeners("unhandledRejection");
			process.removeAllListeners("unhandledRejection");
			process.on("unhandledRejection", (error) => void unhandled.push(error));
			onTestFinished(() => {
				process.removeAllListeners("unhandledRejection");
				for (const one of others) process.on("unhandledRejection", one);
			});
			values.proxy?.delay(500);
			void tokens.proxy?.swallowReply("MGET");
			expect(await cache.getOrLoad(on.another, () => "loaded")).toBe("loaded");
			await new Promise((resolve) => setTimeout(resolve, 10));
			expect(unhandled).toEqual([]);
		}, 60_000);

		// Broken on purpose: where those that leave together wait for each other, the one of the node that answers waits for the other.
		test("a node that does not answer keeps nobody from reading another one's values", async () => {
			const cluster = await startCluster({ masters: 3 });
			onTestFinished(() => cluster.stop());
			const { cache, values, on } = await inCluster(cluster, { l1: { ttlMs: 60_000 } });
			await cache.setMany([on.theirs, on.another].map((key) => [key, key]));
			await cache.deleteMany([on.theirs, on.another]); // memory knows the tokens now
			let over = false;
			await values.command("CLIENT", "PAUSE", "1500", "ALL");
			const slow = cache.get(on.another).then(() => {
				over = true;
			});
			expect(await cache.get(on.theirs)).toBeUndefined();
			expect(over).toBe(false);
			await slow;
		}, 60_000);
	});
});
