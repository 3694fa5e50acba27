import { setTimeout as delay } from "node:timers/promises";
import type { RedisPort } from "@rk/client";
import * as overIoredis from "@rk/ioredis";
import * as overNodeRedis from "@rk/node-redis";
import { type FaultProxy, startServer, type TestServer } from "@rk/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Cache, type CacheEvent, type CacheOptions, createCache } from "../src/index.ts";

/*
 * A Redis that stands still, is gone, comes back empty, or holds what nobody can read. What takes longer than it should is
 * seen by its not coming at all: the server stays frozen until the answer is there.
 */
const adapters = [
	{ name: "ioredis", connect: overIoredis.connect },
	{ name: "node-redis", connect: overNodeRedis.connect },
] as const;

/** Short, since each test waits for it; a server that is there answers sooner even on a busy machine, or the test tries again. */
const REDIS_TIMEOUT_MS = 1_000;
const COOL_DOWN_MS = 100;

let server: TestServer;
let namespaces = 0;

beforeAll(async () => {
	server = await startServer({ owned: true, proxied: true });
});
afterEach(async () => {
	await server.thaw();
	await server.proxy?.heal();
});
afterAll(() => server.stop());

function proxy(): FaultProxy {
	return server.proxy ?? expect.fail("the server has no proxy");
}

interface Node {
	readonly redis: RedisPort;
	readonly cache: Cache;
	readonly namespace: string;
	readonly events: CacheEvent[];
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
	while (!(await condition())) await delay(5);
}

/** Processes of one cache, as far as Redis can tell; all end with the test. */
async function open(
	{ connect }: (typeof adapters)[number],
	options: Partial<CacheOptions> = {},
): Promise<readonly [Node, Node]> {
	namespaces += 1;
	const namespace = `outage-${namespaces}`;
	const one = async (): Promise<Node> => {
		const redis: RedisPort = await connect({ url: server.url });
		const events: CacheEvent[] = [];
		const cache = createCache(redis, {
			...{ namespace, redisTimeoutMs: REDIS_TIMEOUT_MS, breakerCoolDownMs: COOL_DOWN_MS, heartbeatMs: 500 },
			...options,
			onEvent: (event) => events.push(event),
		});
		onTestFinished(async () => {
			await server.thaw();
			await cache.close();
			await redis.close({ graceMs: 0 });
		});
		if (options.l1 !== false) await until(() => cache.stats().bus === "up");
		return { redis, cache, namespace, events };
	};
	return [await one(), await one()];
}

const types = ({ events }: Node): string[] =>
	events.map((event) => (event.type === "breaker" ? `breaker ${event.state}` : event.type));

/** A loader that must not run. */
const never = (): never => expect.fail("it was loaded");

describe.each(adapters)("on $name, a Redis that stands still", (adapter) => {
	it("does not keep the loader from answering, once for all who ask meanwhile", async () => {
		const [{ cache }] = await open(adapter);
		await server.freeze();
		let loads = 0;
		const load = async (): Promise<number> => {
			loads += 1;
			return loads;
		};
		const answers = await Promise.all(Array.from({ length: 50 }, () => cache.getOrLoad("k", load)));
		expect(new Set(answers)).toEqual(new Set([1]));
	});

	it("makes a delete reject, and this process forgets the value all the same", async () => {
		const [{ cache }] = await open(adapter);
		await cache.set("k", "old");
		expect(await cache.getOrLoad("k", never)).toBe("old");
		await server.freeze();
		await expect(cache.delete("k")).rejects.toMatchObject({
			...{ code: "RK_CACHE_INVALIDATION", operation: "delete", names: ["k"], outcome: "unknown" },
		});
		expect(cache.peek("k")).toBeUndefined();
		expect(await cache.getOrLoad("k", () => "new")).toBe("new");
	});
});

describe.each(adapters)("on $name, a delete that could not be told to Redis, and is queued", (adapter) => {
	it("holds in this process at once, and everywhere when Redis is back", async () => {
		const [writer, reader] = await open(adapter, { onInvalidationFailure: "queue" });
		await writer.cache.set("k", "old");
		expect(await reader.cache.getOrLoad("k", never)).toBe("old");
		proxy().blackHole("requests");
		await writer.cache.delete("k");
		expect(writer.cache.stats().queued).toBe(1);
		expect(await writer.cache.getOrLoad("k", () => "new")).toBe("new");
		expect(await server.command("EXISTS", `{${writer.namespace}:k}`)).toBe(1);
		await proxy().heal();
		await until(() => writer.cache.stats().queued === 0);
		await until(async () => (await reader.cache.getOrLoad("k", () => "new")) === "new");
		expect(await writer.cache.getOrLoad("k", () => "new")).toBe("new");
	});
});

describe.each(adapters)("on $name, a Redis that is gone", (adapter) => {
	it("is done without, and used again when it is back, by memory too", async () => {
		const [writer, reader] = await open(adapter);
		await server.kill();
		expect(await writer.cache.getOrLoad("k", () => "loaded")).toBe("loaded");
		await server.restart();
		// Connections, the bus and the breaker come back in their own time.
		await until(() =>
			writer.cache.set("k", "set").then(
				() => true,
				() => false,
			),
		);
		await until(async () => (await reader.cache.get("k")) === "set");
		await until(() => writer.cache.stats().bus === "up" && reader.cache.stats().bus === "up");
		await until(async () => (await reader.cache.get("k")) === "set" && reader.cache.peek("k") === "set");
		await writer.cache.delete("k");
		await until(() => reader.cache.peek("k") === undefined);
		expect(await reader.cache.getOrLoad("k", () => "after")).toBe("after");
	});
});

describe.each(adapters)("on $name, a value that nobody can read", (adapter) => {
	it("is loaded anew, and touches no other key, however many there are of it", async () => {
		const [one, other] = await open(adapter, { l1: false });
		const bad = Array.from({ length: 12 }, (_, n) => `bad ${n}`);
		for (const key of ["good", ...bad]) await one.cache.set(key, "set");
		for (const key of bad) await server.command("SET", `{${one.namespace}:${key}}`, "garbage");
		for (const key of bad) {
			expect(await one.cache.getOrLoad(key, () => `healed ${key}`)).toBe(`healed ${key}`);
			expect(await one.cache.getOrLoad("good", never)).toBe("set");
			expect(await other.cache.getOrLoad(key, never)).toBe(`healed ${key}`);
		}
		expect(types(one)).toContain("corrupt");
		expect(types(one)).not.toContain("breaker open");
	});

	it("stays as it is when it is of another type, and is loaded each time", async () => {
		const [one] = await open(adapter, { l1: false });
		await server.command("RPUSH", `{${one.namespace}:list}`, "not ours");
		for (let n = 0; n < 8; n++) expect(await one.cache.getOrLoad("list", () => n)).toBe(n);
		expect(await server.command("TYPE", `{${one.namespace}:list}`)).toBe("list");
		expect(types(one)).not.toContain("breaker open");
	});
});

describe.each(adapters)("on $name, a Redis that has failed several times", (adapter) => {
	/** Commands that read a value, as the proxy passed them on. */
	const reads = (key: string): number =>
		proxy().count((args) => args.some((arg) => arg.includes(`:${key}}`)));

	// Broken on purpose: where Loads.settle answers all while the breaker is open, "old" is served after the delete.
	it("has nobody served what was loaded before another process's delete", async () => {
		const [one, other] = await open(adapter, { l1: false, bus: false, breakerFailures: 1 });
		let begun = (): void => {};
		const begins = new Promise<void>((resolve) => {
			begun = resolve;
		});
		let end = (_: string): void => {};
		const before = one.cache.getOrLoad("k", () => {
			begun();
			return new Promise<string>((resolve) => {
				end = resolve;
			});
		});
		await begins;
		await other.cache.delete("k");
		const after = one.cache.getOrLoad("k", () => "new");
		proxy().blackHole("requests");
		await one.cache.get("other");
		expect(types(one)).toContain("breaker open");
		end("old");
		expect(await before).toBe("old");
		expect(await after).toBe("new");
	});

	it("is left alone, then tried by one read at a time, and used again when that one succeeds", async () => {
		let time = Date.now();
		const [one] = await open(adapter, { l1: false, clock: () => time, breakerFailures: 3 });
		const { cache } = one;
		const load = (): string => "loaded";
		proxy().blackHole("requests");
		await Promise.all(["a", "b", "c", "d"].map((key) => cache.getOrLoad(key, load)));
		expect(types(one).filter((type) => type.startsWith("breaker"))).toEqual(["breaker open"]);

		// It is well again, which nobody can know before the time is over.
		await proxy().heal();
		await until(async () => (await one.redis.health()).ok);
		proxy().forget();
		await Promise.all(Array.from({ length: 20 }, (_, n) => cache.getOrLoad(`left-${n}`, load)));
		expect(reads("left-0") + reads("left-19")).toBe(0);

		time += COOL_DOWN_MS;
		const tried = Array.from({ length: 20 }, (_, n) => `tried-${n}`);
		await Promise.all(tried.map((key) => cache.getOrLoad(key, load)));
		expect(tried.filter((key) => reads(key) > 0)).toEqual(["tried-0"]);
		expect(types(one).filter((type) => type.startsWith("breaker"))).toEqual([
			...["breaker open", "breaker half-open", "breaker closed"],
		]);
		await cache.getOrLoad("closed", load);
		expect(reads("closed")).toBeGreaterThan(0);
	});

	it("is left alone again when the one that tried has failed too", async () => {
		let time = Date.now();
		const [one] = await open(adapter, { l1: false, clock: () => time, breakerFailures: 3 });
		proxy().blackHole("requests");
		await Promise.all(["a", "b", "c"].map((key) => one.cache.getOrLoad(key, () => "loaded")));
		time += COOL_DOWN_MS;
		expect(await one.cache.getOrLoad("tries", () => "loaded")).toBe("loaded");
		expect(types(one).filter((type) => type.startsWith("breaker"))).toEqual([
			...["breaker open", "breaker half-open", "breaker open"],
		]);
		expect(one.cache.stats().breaker).toBe("open");
	});
});
