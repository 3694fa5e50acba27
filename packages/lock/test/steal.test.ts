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

	// Broken on purpose: the scripts replace whatever they find (the holder has lost the lock to one who does not even know its layout).
	test.each(["rich", "plain"] as const)(
		"the lock of the other layout is not stolen: by layout %s",
		async (layout) => {
			const [rich, plain] = [locksOn(redis, SLOW), locksOn(redis, { ...SLOW, layout: "plain" })];
			const key = freshKey();
			const at = `lock:{${key}}`; // for both
			const lock = layout === "plain" ? await taken(rich, key) : await taken(plain, `{${key}}`);
			await until(() => rich.told("extended") + plain.told("extended") > 0); // its holder listens
			const value = await server.command("GET", at);
			const thief =
				layout === "plain" ? plain.acquire(`{${key}}`, { steal: true }) : rich.acquire(key, { steal: true });
			await expect(thief).rejects.toMatchObject({ code: "RK_LOCK_CONFIG" });
			expect(await server.command("GET", at)).toBe(value);
			expect(lock.isHeld()).toBe(true);
			await lock.extend();
		},
	);

	// Broken on purpose: as above.
	test.each(["0d9c7a3e-uuid", "", "a|x|", "|1|", "a|1"])(
		"what is no lock is not stolen, and stays as it is: %o",
		async (value) => {
			const key = freshKey();
			for (const px of [["PX", 600_000], []]) {
				await server.command("SET", `lock:{${key}}`, value, ...px);
				const stealing = locksOn(redis, SLOW).acquire(key, { steal: true, waitMs: 500 });
				await expect(stealing).rejects.toMatchObject({ code: "RK_LOCK_CONFIG", key });
				expect(await server.command("GET", `lock:{${key}}`)).toBe(value);
			}
		},
	);

	test.each(["rich", "plain"] as const)(
		"a key of another type is not stolen, and stays as it is: layout %s",
		async (layout) => {
			const key = freshKey();
			const at = layout === "plain" ? `lock:${key}` : `lock:{${key}}`;
			await server.command("RPUSH", at, "x");
			const stealing = locksOn(redis, { ...SLOW, layout }).acquire(key, { steal: true });
			await expect(stealing).rejects.toMatchObject({ code: "RK_LOCK_CONFIG" });
			expect(await server.command("LRANGE", at, 0, -1)).toEqual(["x"]);
		},
	);

	test("a lock without expiry can be stolen, as it can be forced", async () => {
		const key = freshKey();
		await server.command("SET", `lock:{${key}}`, "theirs|1|");
		expect((await locksOn(redis, SLOW).acquire(key, { steal: true })).isHeld()).toBe(true);
	});

	// Broken on purpose: the script looks at the fence's key in any case (RK_LOCK_CONFIG, where the same acquire takes a free lock).
	test("who has no fences steals whatever is at the fence's key", async () => {
		const locks = locksOn(redis, { ...SLOW, fencing: false });
		const lock = await taken(locks, freshKey());
		await server.command("RPUSH", `lock:{${lock.key}}:fence`, "x");
		expect((await locks.acquire(lock.key, { steal: true })).isHeld()).toBe(true);
		expect(lock.isHeld()).toBe(false);
	});
});
