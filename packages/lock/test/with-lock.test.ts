import type { RedisPort } from "@rk/client";
import { beforeEach, describe, expect, test } from "vitest";
import { adapters, block, freshKey, locksOn, open, proxiedServer } from "./redis.ts";

const server = await proxiedServer();

describe.each(adapters)("over $name", (adapter) => {
	let redis: RedisPort;
	beforeEach(async () => {
		redis = await open(adapter, server.url);
	});

	test("the work's result comes back, and the lock is free again", async () => {
		const locks = locksOn(redis);
		const key = freshKey();
		const result = await locks.withLock(key, async (signal, lock) => {
			expect(await locks.isLocked(key)).toBe(true);
			expect(signal).toBe(lock.signal);
			return 42;
		});
		expect(result).toBe(42);
		expect(await locks.isLocked(key)).toBe(false);
	});

	// Red ("LockNotHeldError") when the release's error takes the place of the work's.
	test("the work's own error is the one that comes back, with the release's on it", async () => {
		const locks = locksOn(redis);
		const key = freshKey();
		const failure = new Error("business");
		const failing = locks.withLock(key, async () => {
			await server.command("DEL", `lock:{${key}}`);
			throw failure;
		});
		await expect(failing).rejects.toBe(failure);
		expect(failure).toMatchObject({ suppressed: { code: "RK_LOCK_NOT_HELD" } });
		const plain = locks.withLock(freshKey(), () => Promise.reject("no error object"));
		await expect(plain).rejects.toBe("no error object");
	});

	test("good work under a lost lock is told, and not thrown away", async () => {
		const locks = locksOn(redis, { ttlMs: 60, watchdog: false });
		const work = (): number => {
			block(80);
			return 42;
		};
		await expect(locks.withLock(freshKey(), work)).rejects.toMatchObject({
			code: "RK_LOCK_LOST",
			reason: expect.stringMatching(/^(expired|paused)$/), // on a busy machine 80 ms are more
			result: 42,
		});
		expect(await locks.withLock(freshKey(), work, { onLost: "return" })).toBe(42);
	});

	test("a loss that only the release finds out is a loss", async () => {
		const locks = locksOn(redis, { watchdog: false });
		const key = freshKey();
		const work = async (): Promise<number> => {
			await server.command("SET", `lock:{${key}}`, "theirs|1|", "PX", 10_000);
			return 42;
		};
		const error = { code: "RK_LOCK_LOST", reason: "stolen", result: 42 };
		await expect(locks.withLock(key, work)).rejects.toMatchObject(error);
		expect(locks.told("release-failed")).toBe(0); // nothing is told twice
	});

	test("a release that fails after good work does not cost its result", async () => {
		const locks = locksOn(redis, { cleanupTimeoutMs: 60 });
		const result = await locks.withLock(freshKey(), async () => {
			await server.freeze();
			return 42;
		});
		expect(result).toBe(42);
		expect(locks.events).toContainEqual(
			expect.objectContaining({
				type: "release-failed",
				error: expect.objectContaining({ code: "RK_TIMEOUT" }),
			}),
		);
	});

	test("who does not get the lock does not work", async () => {
		const locks = locksOn(redis);
		const key = freshKey();
		await locks.acquire(key);
		const never = (): never => expect.fail("it worked");
		await expect(locks.withLock(key, never, { waitMs: 0 })).rejects.toMatchObject({ code: "RK_LOCK_BUSY" });
	});

	// Broken on purpose: `detached` is taken for a loss (RK_LOCK_LOST, "deleted").
	test("work may hand the lock over: that is no loss, and it is not given back", async () => {
		const locks = locksOn(redis);
		const json = await locks.withLock(freshKey(), (_, lock) => lock.detach());
		expect(locks.told("release-failed")).toBe(0);
		expect((await locks.adopt(json)).isHeld()).toBe(true);
		const failure = new Error("business");
		const failing = locks.withLock(freshKey(), (_, lock) => {
			lock.detach();
			throw failure;
		});
		await expect(failing).rejects.toBe(failure);
		expect(failure).not.toHaveProperty("suppressed");
	});

	// Broken on purpose: the release's error is put on the work's whatever is on it (the inner one is lost), or nowhere.
	test("an error that has a suppressed one already keeps it: that of the release becomes an event", async () => {
		const locks = locksOn(redis);
		const key = freshKey();
		const inner = new Error("inner");
		const failure = Object.assign(new Error("business"), { suppressed: inner });
		for (const error of [failure, "no error object"]) {
			const failing = locks.withLock(key, async () => {
				await server.command("DEL", `lock:{${key}}`);
				throw error;
			});
			await expect(failing).rejects.toBe(error);
		}
		expect(failure.suppressed).toBe(inner);
		expect(locks.told("release-failed")).toBe(2);
	});
});
