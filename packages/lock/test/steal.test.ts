import type { RedisPort } from "@rk/client";
import { beforeEach, describe, expect, test } from "vitest";
import { acquire } from "../src/scripts.ts";
import { adapters, callOf, freshKey, locksOn, open, proxiedServer, taken, until } from "./redis.ts";

const server = await proxiedServer();

/** Nothing but a message tells in time of anything. */
const SLOW = { ttlMs: 600_000, maxRetryMs: 60_000 };

describe.each(adapters)("over $name", (adapter) => {
	let redis: RedisPort;
	beforeEach(async () => {
		redis = await open(adapter, server.url);
	});

	// Broken on purpose: the script publishes nothing (its holder hears of it in minutes); it does not delete (it waits for him).
	test.each(["rich", "plain"] as const)(
		"a lock that is stolen is the thief's at once, and lost to its holder: layout %s",
		async (layout) => {
			const [holder, thief] = [
				locksOn(redis, { ...SLOW, layout }),
				locksOn(await open(adapter, server.url), { ...SLOW, layout }),
			];
			const key = freshKey();
			const lock = await taken(holder, key);
			await until(() => holder.told("extended") > 0); // it listens
			const stolen = await thief.acquire(key, { steal: true });
			expect(stolen.isHeld()).toBe(true);
			expect(await lock.lost).toMatchObject({ code: "RK_LOCK_LOST", reason: "stolen" });
			if (layout === "rich") expect(stolen.fence).toBeGreaterThan(lock.fence);
			await expect(lock.release()).rejects.toMatchObject({ code: "RK_LOCK_NOT_HELD", reason: "taken" });
			await stolen.extend();
			await stolen.release();
			expect(await thief.isLocked(key)).toBe(false);
		},
	);

	test("a holder of the same factory loses it too, and a free lock is simply taken", async () => {
		const locks = locksOn(redis, { ...SLOW, wait: "poll" });
		const key = freshKey();
		const first = await locks.acquire(key, { steal: true });
		const second = await locks.acquire(key, { steal: true });
		expect(first.isHeld()).toBe(false);
		expect(await first.lost).toMatchObject({ reason: "stolen" });
		expect(second.isHeld()).toBe(true);
	});

	// Broken on purpose: acquire-plain.lua takes for a holder only what has a character (RK_LOCK_TIMEOUT).
	test("a key with nothing in it can be stolen too, in the plain layout", async () => {
		const locks = locksOn(redis, { ...SLOW, layout: "plain" });
		const key = freshKey();
		await server.command("SET", `lock:${key}`, "", "PX", 600_000);
		await expect(locks.acquire(key, { waitMs: 0 })).rejects.toMatchObject({ code: "RK_LOCK_BUSY" });
		const lock = await locks.acquire(key, { waitMs: 500, steal: true });
		expect(await server.command("GET", `lock:${key}`)).toBe(lock.token);
	});

	// Broken on purpose: the script does not spare its own token (another fence, and the holder's own message ends the lock).
	test("a steal whose reply is lost finds its own lock, and is not heard as another's", async () => {
		const [holder, thief] = [locksOn(redis, SLOW), locksOn(redis, SLOW)];
		const other = await taken(thief, freshKey());
		await until(() => thief.told("extended") > 0); // the thief listens
		const key = freshKey();
		const lock = await taken(holder, key);
		const lost = server.proxy.swallowReply(callOf(acquire));
		const stolen = await thief.acquire(key, { steal: true });
		expect(await lost).toBe(true);
		expect(await server.command("GET", `lock:{${key}}`)).toBe(`${stolen.token}|${stolen.fence}|`);
		await lock.lost;
		await thief.forceRelease(other.key); // what was published before has been heard by now
		await other.lost;
		expect(stolen.isHeld()).toBe(true);
	});

	// Broken on purpose: who steals joins the line (the lock is the first waiter's).
	test("who steals does not wait behind those who wait, and they get it after him", async () => {
		const locks = locksOn(redis, SLOW);
		const key = freshKey();
		const lock = await taken(locks, key);
		const waiting = locks.acquire(key);
		await until(() => locks.told("contended") >= 2);
		const stolen = await locks.acquire(key, { steal: true });
		expect(lock.isHeld()).toBe(false);
		await stolen.release();
		expect((await waiting).isHeld()).toBe(true);
	});

	// Broken on purpose: the script does not look at the fence first (the holder has lost the lock, and nobody has it).
	test("what fails changes nothing: the fence's key is of another type", async () => {
		const locks = locksOn(redis, SLOW);
		const lock = await taken(locks, freshKey());
		const fence = `lock:{${lock.key}}:fence`;
		await server.command("DEL", fence);
		await server.command("RPUSH", fence, "x");
		const stealing = locks.acquire(lock.key, { steal: true });
		await expect(stealing).rejects.toMatchObject({ code: "RK_LOCK_CONFIG" });
		expect(await server.command("GET", `lock:{${lock.key}}`)).toContain(lock.token);
		expect(lock.isHeld()).toBe(true);
	});
});
