import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { rpush } from "@rk/client";
import { type FaultProxy, startServer, type TestServer } from "@rk/testing";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { adapters, cacheOn, freshNamespace, open } from "./redis.ts";

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

const never = (): never => expect.fail("nothing is to be loaded");
const keys = Array.from({ length: 100 }, (_, i) => `key ${i}`);

describe.each(adapters)("over $name", (adapter) => {
	// Broken on purpose: where each Fetch has a group of its own there are 100 commands, and where MOST is 1 000, one.
	test("what is asked for in one turn is read by few commands, each of some keys", async () => {
		const redis = await open(adapter, server.url);
		const cache = cacheOn(redis, { l1: false, bus: false });
		await cache.setMany(keys.map((key, i) => [key, i]));
		proxy().forget();
		const loaded = keys.map((key) => cache.getOrLoad(key, never));
		expect(await Promise.all(loaded)).toEqual(keys.map((_, i) => i));
		expect(
			proxy()
				.commands()
				.map(([name, ...args]) => [name, args.length]),
		).toEqual([
			...[
				["MGET", 33],
				["MGET", 33],
				["MGET", 33],
				["MGET", 5],
			], // one each for the token of the namespace
		]);
		proxy().forget();
		expect(await Promise.all(keys.map((key) => cache.get(key)))).toEqual(keys.map((_, i) => i));
		expect(proxy().count("MGET")).toBe(4);
	});

	// Broken on purpose: where tokens are asked for in another order than that of their refs, nothing is found.
	test("each read has the tokens of its own tags, though they are read together", async () => {
		const redis = await open(adapter, server.url);
		const cache = cacheOn(redis, { l1: false, bus: false });
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
});
