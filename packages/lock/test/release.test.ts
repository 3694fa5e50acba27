import { once } from "node:events";
import { type RedisPort, TimeoutError } from "@rk/client";
import { beforeEach, describe, expect, test } from "vitest";
import { release } from "../src/scripts.ts";
import { adapters, callOf, freshKey, locksOn, open, proxiedServer, taken, until } from "./redis.ts";

const server = await proxiedServer();

describe.each(adapters)("over $name", (adapter) => {
	let redis: RedisPort;
	beforeEach(async () => {
		redis = await open(adapter, server.url);
	});

	test("a release may be called again, also while it is under way, and is sent once", async () => {
		const locks = locksOn(redis);
		await (await taken(locks, freshKey())).release(); // the server knows the scripts now
		const lock = await taken(locks, freshKey());
		server.proxy.forget();
		await Promise.all([lock.release(), lock.release()]);
		await lock.release();
		expect(server.proxy.count(callOf(release))).toBe(1);
	});

	// Red (RK_LOCK_NOT_HELD) when "nobody holds it" is believed after a try whose reply was lost.
	test("a release whose reply is lost is a release", async () => {
		const locks = locksOn(redis);
		const key = freshKey();
		await (await taken(locks, key)).release();
		const lock = await taken(locks, key);
		const lost = server.proxy.swallowReply(callOf(release));
		await lock.release();
		expect(await lost).toBe(true);
		expect(await locks.isLocked(key)).toBe(false);
	});

	// Broken on purpose: release.lua reads the key by `redis.call` (WRONGTYPE).
	test("a lock whose key was overwritten with another type is another's", async () => {
		const lock = await taken(locksOn(redis), freshKey());
		await server.command("DEL", `lock:{${lock.key}}`);
		await server.command("LPUSH", `lock:{${lock.key}}`, "x");
		await expect(lock.release()).rejects.toMatchObject({ code: "RK_LOCK_NOT_HELD", reason: "taken" });
		expect(lock.isHeld()).toBe(false);
		expect(await server.command("LRANGE", `lock:{${lock.key}}`, 0, -1)).toEqual(["x"]);
	});

	// Red (their lock is gone) when release.lua deletes without comparing the token.
	test("who lost a lock does not take it from the next holder by releasing it", async () => {
		const mine = locksOn(redis, { watchdog: false });
		const theirs = locksOn(await open(adapter, server.url), { watchdog: false });
		const key = freshKey();
		const lock = await taken(mine, key, { ttlMs: 40 });
		const next = await theirs.acquire(key, { meta: "next" });
		const left = Number(await server.command("PTTL", `lock:{${key}}`));
		await expect(lock.release()).rejects.toMatchObject({ code: "RK_LOCK_NOT_HELD", reason: "taken" });
		await expect(lock.release()).rejects.toMatchObject({ code: "RK_LOCK_NOT_HELD", reason: "taken" });
		expect(Number(await server.command("PTTL", `lock:{${key}}`))).toBeLessThanOrEqual(left);
		expect(next.isHeld()).toBe(true);
		expect(await theirs.inspect(key)).toMatchObject({ held: true, owner: next.token });
	});

	test("a lock that is gone cannot be released, and says so", async () => {
		const locks = locksOn(redis);
		const key = freshKey();
		const lock = await taken(locks, key);
		await server.command("DEL", `lock:{${key}}`);
		await expect(lock.release()).rejects.toMatchObject({ code: "RK_LOCK_NOT_HELD", reason: "expired" });
	});

	test("the end of `await using` releases, and turns a failure into an event", async () => {
		const locks = locksOn(redis);
		const [kept, gone] = [freshKey(), freshKey()];
		{
			await using lock = await locks.acquire(kept);
			expect(lock.isHeld()).toBe(true);
		}
		expect(await locks.isLocked(kept)).toBe(false);
		{
			await using lock = await locks.acquire(gone);
			await server.command("DEL", `lock:{${gone}}`);
			expect(lock.key).toBe(gone);
		}
		const error = expect.objectContaining({ code: "RK_LOCK_NOT_HELD" });
		expect(locks.events).toContainEqual({ type: "release-failed", key: gone, error });
	});

	// Red (it never ends) without the bound; red (no reply "within 1 ms") when it tries once more with no time left.
	test("a release gives up in time though the server stands still, and the lock is not held any more", async () => {
		const locks = locksOn(redis, { cleanupTimeoutMs: 60, retryMs: 10 });
		const lock = await taken(locks, freshKey());
		await server.freeze();
		const releasing = lock.release();
		expect(lock.isHeld()).toBe(false);
		const error = await releasing.catch((error: unknown) => error);
		expect(error).toMatchObject({ code: "RK_TIMEOUT", outcome: "unknown" });
		expect(error instanceof TimeoutError && error.timeoutMs).toBeGreaterThan(10);
		await server.thaw();
		await until(async () => !(await locks.isLocked(lock.key)));
	});

	// Red (several releases) when the loss does not end the retries.
	test("a lock that is known to be lost is released by one attempt", async () => {
		const locks = locksOn(redis, { watchdog: false, cleanupTimeoutMs: 300, retryMs: 5, ttlMs: 60 });
		const lock = await taken(locks, freshKey());
		if (!lock.signal.aborted) await once(lock.signal, "abort");
		server.proxy.forget();
		server.proxy.blackHole("replies");
		await expect(lock.release()).rejects.toMatchObject({ code: "RK_TIMEOUT" });
		expect(server.proxy.count(callOf(release))).toBe(1);
	});

	test("a lock that was released cannot be extended or handed over", async () => {
		const lock = await taken(locksOn(redis), freshKey());
		await lock.release();
		const notHeld = { code: "RK_LOCK_NOT_HELD", reason: "released" };
		await expect(lock.extend()).rejects.toMatchObject(notHeld);
		expect(() => lock.detach()).toThrow(expect.objectContaining(notHeld));
		expect(lock.signal.aborted).toBe(false);
		expect(lock.remaining()).toBe(0);
	});
});
