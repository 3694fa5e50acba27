import { publish } from "@rk/client";
import { startServer, type TestServer } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adapters, cacheOn, freshNamespace, listeningOn, open, until } from "./redis.ts";

let server: TestServer;

beforeAll(async () => {
	server = await startServer({ owned: true });
});

afterAll(() => server.stop());

describe.each(adapters)("over $name", (adapter) => {
	// Broken on purpose: without `#forget()` in Trust.down and Trust.up, the old value is read.
	test("what was deleted while the bus was cut off is not served when it is back", async () => {
		const redis = await open(adapter, server.url);
		const namespace = freshNamespace();
		const a = cacheOn(redis, { namespace, bus: false });
		const b = await listeningOn(redis, { namespace });
		await a.set("k", "old");
		expect(await b.get("k")).toBe("old");
		const ups = (): number => b.events.filter((event) => event.type === "bus" && event.state === "up").length;
		const before = ups();
		const down = (): boolean => b.events.some((event) => event.type === "bus" && event.state === "down");
		await server.command("CLIENT", "KILL", "TYPE", "pubsub");
		await until(down);
		expect(b.peek("k")).toBeUndefined(); // from that tick on
		await a.set("k", "new");
		expect(await b.get("k")).toBe("new");
		await until(() => ups() > before);
		expect(await b.get("k")).toBe("new");
	});

	// Broken on purpose: without the comparison with `#trustedUntil` in Memory.fresh, the entry is served for ever.
	test("memory is not used when the bus has been silent for twice its heartbeat", async () => {
		const redis = await open(adapter, server.url);
		let now = Date.now();
		const l1 = { ttlMs: 3_600_000 };
		const cache = await listeningOn(redis, { clock: () => now, heartbeatMs: 60_000, l1 });
		await cache.set("k", "v");
		now += 119_000;
		expect(cache.peek("k")).toBe("v");
		now += 1_001;
		expect(cache.peek("k")).toBeUndefined();
		expect(await cache.get("k")).toBe("v");
	});

	test("a sign of life makes memory good for another while", async () => {
		const redis = await open(adapter, server.url);
		let now = Date.now();
		const cache = await listeningOn(redis, { clock: () => now, heartbeatMs: 20 });
		await cache.set("k", "v");
		now += 1_000;
		await until(async () => {
			await cache.get("k");
			return cache.peek("k") === "v";
		});
	});

	test("a message that cannot be read empties memory, and does no more harm", async () => {
		const redis = await open(adapter, server.url);
		const namespace = freshNamespace();
		const cache = await listeningOn(redis, { namespace });
		for (const garbage of [
			"",
			"x",
			"\u0001\u00ff",
			"\u0009rest",
			"\u0001\u0003senderid\u0000\u0000\u0000\u0009cut",
		]) {
			await cache.set("k", "v");
			const heard = (): number => cache.events.filter(({ type }) => type === "bus-malformed").length;
			const before = heard();
			await redis.command(publish(`{${namespace}}:bus`, Buffer.from(garbage, "latin1")));
			await until(() => heard() > before);
			expect(cache.peek("k")).toBeUndefined();
			expect(await cache.get("k")).toBe("v");
		}
		expect(cache.stats().bus).toBe("up");
	});

	// Broken on purpose: where Trust.message cuts only keys that memory has, the old value is kept.
	test("a read that another process's write has overtaken goes past memory", async () => {
		const redis = await open(adapter, server.url);
		const namespace = freshNamespace();
		const a = await listeningOn(redis, { namespace });
		const b = await listeningOn(redis, { namespace });
		await a.set("k", 0);
		for (let n = 1; n <= 50; n++) {
			const reading = b.get("k");
			await a.set("k", n);
			await reading;
			await until(async () => (await b.get("k")) === n);
			expect(b.peek("k") ?? n).toBe(n);
		}
	});
});
