import type { RedisPort } from "@rk/client";
import { beforeEach, describe, expect, test } from "vitest";
import { extend } from "../src/scripts.ts";
import { adapters, callOf, freshKey, locksOn, open, proxiedServer, taken } from "./redis.ts";

const server = await proxiedServer();

describe.each(adapters)("over $name", (adapter) => {
	let redis: RedisPort;
	beforeEach(async () => {
		redis = await open(adapter, server.url);
	});

	test("a lock goes from one process to another as JSON, with its fence, and is held all the time", async () => {
		const [from, to] = [locksOn(redis), locksOn(await open(adapter, server.url))];
		const key = freshKey();
		let json = "";
		{
			await using lock = await from.acquire(key, { meta: "m" });
			json = JSON.stringify(lock);
			expect(lock.detach()).toEqual(JSON.parse(json));
			expect(lock.isHeld()).toBe(false);
		}
		expect(await from.isLocked(key)).toBe(true); // its end did not release it
		const adopted = await to.adopt(JSON.parse(json));
		expect(adopted.isHeld()).toBe(true);
		expect(JSON.stringify(adopted)).toBe(json);
		await adopted.release();
		expect(await from.isLocked(key)).toBe(false);
	});

	test("a lock that was detached is no longer extended, released or lost here", async () => {
		const lock = await taken(locksOn(redis), freshKey());
		lock.detach();
		const notHeld = { code: "RK_LOCK_NOT_HELD", reason: "detached" };
		await expect(lock.extend()).rejects.toMatchObject(notHeld);
		await expect(lock.release()).rejects.toMatchObject(notHeld);
		expect(() => lock.throwIfLost()).not.toThrow();
	});

	test("what is gone, or another's by now, cannot be adopted", async () => {
		const locks = locksOn(redis);
		const lock = await taken(locks, freshKey());
		const json = lock.toJSON();
		await lock.release();
		await expect(locks.adopt(json)).rejects.toMatchObject({ code: "RK_LOCK_NOT_HELD", reason: "expired" });
		await taken(locks, lock.key);
		await expect(locks.adopt(json)).rejects.toMatchObject({ code: "RK_LOCK_NOT_HELD", reason: "taken" });
	});

	test("an adoption whose reply is lost is asked for again", async () => {
		const locks = locksOn(redis);
		const lock = await taken(locks, freshKey());
		await lock.extend();
		const json = lock.detach();
		const lost = server.proxy.swallowReply(callOf(extend));
		expect((await locks.adopt(json)).isHeld()).toBe(true);
		expect(await lost).toBe(true);
	});

	test("an adoption that gets no answer says so", async () => {
		const locks = locksOn(redis, { replyTimeoutMs: 80 });
		const json = (await taken(locks, freshKey())).detach();
		await server.freeze();
		await expect(locks.adopt(json)).rejects.toMatchObject({ code: "RK_TIMEOUT" });
		await server.thaw();
	});
});
