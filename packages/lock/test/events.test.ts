import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { RedisPort } from "@rk/client";
import { beforeEach, describe, expect, test } from "vitest";
import { createLocks } from "../src/index.ts";
import { adapters, freshKey, locksOn, open, ownServer, taken } from "./redis.ts";

const server = await ownServer();

describe.each(adapters)("over $name", (adapter) => {
	let redis: RedisPort;
	beforeEach(async () => {
		redis = await open(adapter, server.url);
	});

	test("what happens to a lock is told, in its order", async () => {
		const locks = locksOn(redis, { wait: "poll" });
		const key = freshKey();
		const lock = await taken(locks, key);
		expect(await locks.tryAcquire(key)).toBeNull();
		await lock.extend();
		await lock.release();
		expect(locks.events).toEqual([
			{ type: "attempt", key },
			{ type: "acquired", key, waitMs: expect.any(Number), attempts: 1, fence: lock.fence },
			{ type: "attempt", key },
			{ type: "contended", key, holder: lock.token, ttlMs: expect.any(Number) },
			{ type: "extended", key, validUntil: expect.any(Number) },
			{ type: "released", key, holdMs: expect.any(Number) },
		]);
	});

	test("the diagnostics channel rk:lock tells the same", async () => {
		const told: unknown[] = [];
		const listen = (message: unknown): void => void told.push(message);
		subscribe("rk:lock", listen);
		const locks = createLocks(redis);
		const key = freshKey();
		await (await taken(locks, key)).release();
		unsubscribe("rk:lock", listen);
		await locks.close();
		expect(told).toContainEqual(expect.objectContaining({ type: "acquired", key }));
		expect(told).toContainEqual(expect.objectContaining({ type: "released", key }));
	});
});
