import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { expect, inject, onTestFinished, test } from "vitest";
import { adapters, cacheOn, freshNamespace, listeningOn, open, until } from "./redis.ts";

const [adapter] = adapters;
if (adapter === undefined) throw new Error("no adapter");

test("what happens is told in its order, here and in the processes that hear of it", async () => {
	const redis = await open(adapter, inject("redisUrl"));
	const namespace = freshNamespace();
	const a = await listeningOn(redis, { namespace });
	const b = await listeningOn(redis, { namespace });
	a.events.length = 0;
	await a.getOrLoad("k", () => 1);
	await a.getOrLoad("k", () => 1);
	await a.delete("k");
	await a.getOrLoad("k", () => Promise.reject(new Error("no"))).catch(() => {});
	expect(a.events.map((event) => ("key" in event ? `${event.type} ${event.key}` : event.type))).toEqual([
		"miss k",
		"load k",
		"hit k",
		"invalidated",
		"miss k",
		"load-failed k",
	]);
	const remote = { type: "invalidated", operation: "delete", names: ["k"], remote: true };
	await until(() => b.events.some((event) => event.type === "invalidated"));
	expect(b.events).toContainEqual(remote);
});

test("the diagnostics channel has every event, with its namespace", async () => {
	const namespace = freshNamespace();
	const heard: unknown[] = [];
	const listener = (message: unknown): void => {
		heard.push(message);
	};
	subscribe("rk:cache", listener);
	onTestFinished(() => {
		unsubscribe("rk:cache", listener);
	});
	const cache = cacheOn(null, { namespace });
	await cache.getOrLoad("k", () => 1);
	expect(heard).toContainEqual({ type: "miss", key: "k", namespace });
	expect(heard).toContainEqual(expect.objectContaining({ type: "load", key: "k", stored: true, namespace }));
});

test("a listener that throws becomes a warning, and no read fails of it", async () => {
	const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
	const cache = cacheOn(null, {
		onEvent: () => {
			throw new Error("listener");
		},
	});
	expect(await cache.getOrLoad("k", () => 1)).toBe(1);
	expect(await warned).toMatchObject({ code: "RK_LISTENER_ERROR" });
});

test("a background refresh is given to waitUntil", async () => {
	const redis = await open(adapter, inject("redisUrl"));
	let now = Date.now();
	const waited: Array<Promise<void>> = [];
	const cache = cacheOn(redis, {
		...{ clock: () => now, ttlMs: 1_000, staleMs: 60_000, l1: false },
		waitUntil: (work) => waited.push(work),
	});
	await cache.getOrLoad("k", () => 1);
	now += 1_000;
	expect(await cache.getOrLoad("k", () => 2)).toBe(1);
	expect(waited).toHaveLength(1);
	await Promise.all(waited);
	expect(await cache.get("k")).toBe(2);
});
