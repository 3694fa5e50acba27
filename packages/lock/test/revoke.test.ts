import type { RedisPort } from "@rk/client";
import { beforeEach, describe, expect, test } from "vitest";
import { adapters, freshKey, locksOn, open, ownServer, taken, until } from "./redis.ts";
import { portWith } from "./support/port-with.ts";

const server = await ownServer();

describe.each(adapters)("over $name", (adapter) => {
	let redis: RedisPort;
	beforeEach(async () => {
		redis = await open(adapter, server.url);
	});

	// Red (it is held for ten minutes more) when force-release.lua tells nobody.
	test("a lock that is released by force is lost to its holder at once, with the reason", async () => {
		const [holder, boss] = [
			locksOn(redis, { ttlMs: 600_000 }),
			locksOn(await open(adapter, server.url), { ttlMs: 600_000, maxRetryMs: 60_000 }),
		];
		const [lock, other] = [await taken(holder, freshKey()), await taken(holder, freshKey())];
		const waiting = boss.acquire(lock.key);
		await until(() => boss.told("contended") >= 2);
		expect(await boss.forceRelease(lock.key, { reason: "deploy|now" })).toBe(true);
		const loss = await lock.lost;
		expect(loss).toMatchObject({ code: "RK_LOCK_LOST", reason: "forced" });
		expect(loss.message).toContain("deploy|now");
		expect((await waiting).fence).toBeGreaterThan(lock.fence);
		expect(other.isHeld()).toBe(true);
		await boss.forceRelease(other.key, { reason: "stolen" }); // whatever the reason
		expect(await other.lost).toMatchObject({ reason: "forced" });
		await expect(lock.extend()).rejects.toMatchObject({ code: "RK_LOCK_NOT_HELD", reason: "taken" });
	});

	// Red (it is held for ten minutes more) when nobody looks once the subscription is confirmed.
	test("so is one that is released by force in its first moment, before its process listens", async () => {
		const lock = await taken(locksOn(redis, { ttlMs: 600_000 }), freshKey());
		await locksOn(redis, { wait: "poll" }).forceRelease(lock.key);
		expect((await lock.lost).reason).toMatch(/forced|deleted/);
	});

	// Red ("deleted", or the watchdog's word ten minutes later) when only the message tells of it.
	test("a holder of the same factory has the reason, though it does not listen yet", async () => {
		const locks = locksOn(redis, { ttlMs: 600_000 });
		const lock = await taken(locks, freshKey());
		await locks.forceRelease(lock.key, { reason: "deploy" });
		expect(lock.isHeld()).toBe(false);
		expect(await lock.lost).toMatchObject({ reason: "forced", message: expect.stringContaining("deploy") });
	});

	test("where there is no lock, there is nothing to release by force", async () => {
		expect(await locksOn(redis).forceRelease(freshKey())).toBe(false);
	});

	test("a holder whose subscription was lost learns of it when it is back", async () => {
		const holder = locksOn(redis, { ttlMs: 600_000 });
		const lock = await taken(holder, freshKey());
		await until(() => holder.told("extended") > 0);
		await Promise.all([
			server.killClients("pubsub"),
			locksOn(await open(adapter, server.url)).forceRelease(lock.key),
		]);
		expect(["forced", "failover", "deleted"]).toContain((await lock.lost).reason);
	});

	test('with `wait: "poll"` the watchdog notices it', async () => {
		const lock = await taken(locksOn(redis, { wait: "poll", ttlMs: 200 }), freshKey());
		await locksOn(redis).forceRelease(lock.key);
		expect(await lock.lost).toMatchObject({ reason: "deleted" });
	});

	test("what is at a key can be seen: its holder, since when, and how many wait", async () => {
		const locks = locksOn(redis);
		const key = freshKey();
		expect(await locks.inspect(key)).toEqual({ held: false, waiters: 0 });
		expect(await locks.isLocked(key)).toBe(false);
		const lock = await taken(locks, key, { meta: "host|7\nline" });
		const found = await locks.inspect(key);
		expect(found).toMatchObject({
			held: true,
			owner: lock.token,
			fence: lock.fence,
			meta: "host|7\nline",
			waiters: 0,
		});
		const acquiredAt = found.held ? found.acquiredAt?.getTime() : undefined;
		expect(Math.abs(Date.now() - (acquiredAt ?? 0))).toBeLessThan(60_000);
		expect(await locks.isLocked(key)).toBe(true);
		const waiting = locks.acquire(key);
		await until(async () => (await locks.inspect(key)).waiters === 1);
		await lock.release();
		await (await waiting).release();
	});

	test("a lock without fencing shows no fence", async () => {
		const locks = locksOn(redis, { fencing: false });
		const lock = await taken(locks, freshKey(), { meta: "m" });
		expect(await locks.inspect(lock.key)).toMatchObject({
			owner: lock.token,
			fence: null,
			acquiredAt: null,
			meta: "m",
		});
	});

	test("a server that may evict locks is told of", async () => {
		await server.command("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru");
		const locks = locksOn(redis);
		await taken(locks, freshKey());
		await until(() => locks.told("eviction-policy") > 0);
		expect(locks.events).toContainEqual(
			expect.objectContaining({ type: "eviction-policy", policy: "allkeys-lru" }),
		);
		await server.command("CONFIG", "SET", "maxmemory", "0", "maxmemory-policy", "noeviction");
	});

	// Broken on purpose: nobody looks at what was said meanwhile (it is held for minutes more).
	test.each(["acquire", "adopt"] as const)(
		"a lock that is released by force while its holder is yet to hear that he has it is lost at once: %s",
		async (method) => {
			let arrived = false;
			let pass = (): void => {};
			const passing = new Promise<void>((resolve) => {
				pass = resolve;
			});
			let late = "";
			const command: RedisPort["command"] = async (command, options) => {
				const reply = await redis.command(command, options);
				if (late === "" || command.key !== late) return reply;
				arrived = true;
				await passing;
				return reply;
			};
			const slow = portWith(redis, { command });
			const holder = locksOn(slow, { ttlMs: 600_000 });
			const boss = locksOn(await open(adapter, server.url), { ttlMs: 600_000 });
			const other = await taken(holder, freshKey());
			await until(() => holder.told("extended") > 0); // it listens
			const json = (await taken(boss, freshKey())).detach();
			const key = method === "adopt" ? json.key : freshKey();
			late = `lock:{${key}}`;
			const getting = method === "adopt" ? holder.adopt(json) : holder.acquire(key);
			await until(() => arrived);
			expect(await boss.forceRelease(key)).toBe(true);
			await boss.forceRelease(other.key);
			await other.lost; // so that what was said before has been heard
			pass();
			expect(await (await getting).lost).toMatchObject({ code: "RK_LOCK_LOST", reason: "deleted" });
		},
	);
});
