import { randomUUID } from "node:crypto";
import { defineScript, integer, type RedisPort, set } from "@rk/client";
import { beforeEach, describe, expect, test } from "vitest";
import { adapters, freshKey, locksOn, open, ownServer, taken, until } from "./redis.ts";

/** As the programs do it that this layout is for: SET key uuid NX PX, then a comparison and DEL or PEXPIRE. */
const theirRelease = defineScript({
	lua: `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) else return 0 end`,
	keys: 1,
	reply: integer,
});
const theirExtend = defineScript({
	lua: `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("pexpire", KEYS[1], ARGV[2]) else return 0 end`,
	keys: 1,
	reply: integer,
});

const server = await ownServer();

describe.each(adapters)("over $name", (adapter) => {
	let redis: RedisPort;
	beforeEach(async () => {
		redis = await open(adapter, server.url);
	});

	const theirs = (key: string, token: string, ttlMs: number): Promise<boolean> =>
		redis.command(set(`lock:${key}`, token, { ttlMs, onlyIf: "absent" }));

	test("other programs see our locks as their own: a uuid under lock:, and nothing beside it", async () => {
		const locks = locksOn(redis, { layout: "plain", wait: "poll" });
		const key = freshKey();
		const lock = await taken(locks, key);
		expect(lock.token).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
		expect(await server.command("KEYS", `*${key}*`)).toEqual([`lock:${key}`]);
		expect(await server.command("GET", `lock:${key}`)).toBe(lock.token);
		expect(await theirs(key, randomUUID(), 1_000)).toBe(false);
		expect(await redis.command(theirRelease([`lock:${key}`], [randomUUID()]))).toBe(0);
		await lock.extend(60_000);
		expect(Number(await server.command("PTTL", `lock:${key}`))).toBeGreaterThan(50_000);
		// Who knows the token holds the lock, in whichever program.
		expect(await redis.command(theirExtend([`lock:${key}`], [lock.token, "70000"]))).toBe(1);
		expect(await redis.command(theirRelease([`lock:${key}`], [lock.token]))).toBe(1);
		expect(await theirs(key, randomUUID(), 1_000)).toBe(true);
	});

	test("we wait for the locks of other programs, and do not touch them", async () => {
		const locks = locksOn(redis, { layout: "plain", wait: "poll", retryMs: 5 });
		const [key, token] = [freshKey(), randomUUID()];
		expect(await theirs(key, token, 60_000)).toBe(true);
		expect(await locks.tryAcquire(key)).toBeNull();
		expect(await locks.inspect(key)).toMatchObject({ held: true, owner: token, fence: null });
		const waiting = locks.acquire(key);
		await until(() => locks.told("contended") > 3);
		expect(await server.command("GET", `lock:${key}`)).toBe(token);
		expect(await redis.command(theirRelease([`lock:${key}`], [token]))).toBe(1);
		expect((await waiting).isHeld()).toBe(true);
	});

	test("a lock of another program can be adopted by its token", async () => {
		const locks = locksOn(redis, { layout: "plain" });
		const [key, token] = [freshKey(), randomUUID()];
		expect(await theirs(key, token, 1_000)).toBe(true);
		const lock = await locks.adopt({ key, token, fence: null, meta: "", ttlMs: 10_000 });
		expect(Number(await server.command("PTTL", `lock:${key}`))).toBeGreaterThan(5_000);
		await lock.release();
		expect(await theirs(key, token, 1_000)).toBe(true);
	});

	test.each(["braces}", "{tag}rest", "{open", "{}"])(
		"waiters of %o are woken by message too",
		async (name) => {
			const locks = locksOn(redis, { layout: "plain", maxRetryMs: 60_000, ttlMs: 600_000 });
			const key = `${freshKey()}${name}`;
			const lock = await taken(locks, key);
			const waiting = locks.acquire(key);
			await until(() => locks.told("contended") >= 2);
			await lock.release();
			expect((await waiting).isHeld()).toBe(true);
		},
	);
});
