import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { createCache } from "../src/index.ts";
import { cacheOn } from "./redis.ts";

/** Calls it with what no type checker has seen. */
function given(call: (...args: never[]) => unknown, ...args: unknown[]): () => unknown {
	return () => Reflect.apply(call, undefined, args);
}

test("a driver's own client is not taken for a port, nor is what was forgotten taken for null", () => {
	const native = new Redis({ lazyConnect: true });
	onTestFinished(() => native.disconnect());
	for (const redis of [native, undefined, {}, "redis://localhost"])
		expect(given(createCache, redis, { namespace: "n" })).toThrow(
			expect.objectContaining({ code: "RK_INVALID_ARGUMENT", argument: "redis" }),
		);
});

describe("options", () => {
	test.each([
		["namespace", {}],
		["namespace", { namespace: "a:b" }],
		["namespace", { namespace: "" }],
		["ttl", { namespace: "n", ttl: "5m" }],
		["ttlMs", { namespace: "n", ttlMs: "10" }],
		["ttlMs", { namespace: "n", ttlMs: Number.NaN }],
		["ttlMs", { namespace: "n", ttlMs: 2 ** 53 }],
		["nullTtlMs", { namespace: "n", nullTtlMs: "10" }],
		["jitter", { namespace: "n", jitter: 1 }],
		["staleMs", { namespace: "n", staleMs: -1 }],
		["hardTimeoutMs", { namespace: "n", hardTimeoutMs: 0 }],
		["l1", { namespace: "n", l1: false }],
		["l1.max", { namespace: "n", l1: { max: 0 } }],
		["l1.mode", { namespace: "n", l1: { mode: "cloned" } }],
		["l1.size", { namespace: "n", l1: { size: 1 } }],
		["leaseMs", { namespace: "n", leaseMs: 0 }],
		["bus", { namespace: "n", bus: "pubsub" }],
		["onInvalidationFailure", { namespace: "n", onInvalidationFailure: "ignore" }],
		["codec", { namespace: "n", codec: {} }],
		["codec.id", { namespace: "n", codec: { id: 256, encode() {}, decode() {} } }],
		["maxConcurrentLoads", { namespace: "n", maxConcurrentLoads: 0 }],
		["onEvent", { namespace: "n", onEvent: 1 }],
	])("%s is checked when the cache is made: %j", (argument, options) => {
		expect(given(createCache, null, options)).toThrow(
			expect.objectContaining({ code: "RK_INVALID_ARGUMENT", argument }),
		);
	});

	test("those of a call are checked at the call, also when the value is in memory", async () => {
		const cache = cacheOn(null);
		await cache.set("k", 1);
		const load = (): number => 1;
		const refused = (argument: string): unknown =>
			expect.objectContaining({ code: "RK_INVALID_ARGUMENT", argument });
		const getOrLoad = cache.getOrLoad.bind(cache);
		expect(given(getOrLoad, "k", load, { ttl: 1 })).toThrow(refused("ttl"));
		expect(given(getOrLoad, "k", load, { ttlMs: "1" })).toThrow(refused("ttlMs"));
		expect(given(getOrLoad, "k", load, { tags: "t" })).toThrow(refused("tags"));
		expect(given(getOrLoad, "k", load, { tags: [1] })).toThrow(refused("tags[0]"));
		expect(given(getOrLoad, "k", load, { signal: {} })).toThrow(refused("signal"));
		expect(given(getOrLoad, "other", "loader")).toThrow(refused("loader"));
		expect(given(getOrLoad, 1, load)).toThrow(refused("key"));
		expect(given(cache.set.bind(cache), "k", 1, { signal: undefined })).toThrow(refused("signal"));
		expect(given(cache.getMany.bind(cache), "keys")).toThrow(refused("keys"));
		for (const entries of [undefined, { a: 1 }])
			expect(given(cache.setMany.bind(cache), entries)).toThrow(refused("entries"));
		expect(given(cache.getMany.bind(cache), [1])).toThrow(refused("keys[0]"));
		expect(given(cache.invalidateTag.bind(cache), undefined)).toThrow(refused("tag"));
		expect(given(cache.define.bind(cache), "a:b", { load })).toThrow(refused("name"));
		expect(given(cache.define.bind(cache), "a", {})).toThrow(refused("load"));
		expect(given(cache.define.bind(cache), "a", { load, schema: {} })).toThrow(refused("schema"));
	});
});

test("a loader's words come too late when it has ended", async () => {
	const cache = cacheOn(null);
	let later: () => void = () => {};
	await cache.getOrLoad("k", ({ skip }) => {
		later = skip;
		return 1;
	});
	expect(() => later()).toThrow();
});
