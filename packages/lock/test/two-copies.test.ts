import { CommandError, type RedisPort } from "@rk/client";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Locks } from "../src/index.ts";
import { acquire, extend } from "../src/scripts.ts";
import { adapters, callOf, freshKey, open, proxiedServer } from "./redis.ts";

const server = await proxiedServer();

/*
 * A program in CommonJS that imports an adapter as ESM has `@rk/client` twice, and the errors of one are no instances of the other's
 * classes. Red when the port's failures are told by `instanceof` of any class but RkError.
 */
describe.each(adapters)("locks with another copy of @rk/client than $name", (adapter) => {
	let redis: RedisPort;
	let locks: Locks;
	beforeEach(async () => {
		redis = await open(adapter, server.url);
		vi.resetModules();
		expect((await import("@rk/client")).CommandError).not.toBe(CommandError);
		locks = (await import("../src/index.ts")).createLocks(redis, {
			...{ ttlMs: 600_000, replyTimeoutMs: 200, retryMs: 10 },
		});
		onTestFinished(() => locks.close());
	});

	test("find their own lock after a lost reply", async () => {
		const key = freshKey();
		await (await locks.acquire(key)).release();
		const lost = [callOf(acquire), callOf(extend)].map((call) => server.proxy.swallowReply(call));
		const lock = await locks.acquire(key);
		await lock.extend();
		expect(await Promise.all(lost)).toEqual([true, true]);
		await lock.release();
	});

	test("wait until a server answers again, and clean up behind those who do not wait so long", async () => {
		const key = freshKey();
		await (await locks.acquire(key)).release();
		await server.freeze();
		const acquiring = locks.acquire(key); // its first reply is given up a little before the other's
		await expect(locks.tryAcquire(`${key}:given up`)).rejects.toMatchObject({ code: "RK_TIMEOUT" });
		await server.thaw();
		await (await acquiring).release();
		while ((await server.command("EXISTS", `lock:{${key}:given up}`)) === 1);
	});

	test("know a key of another type, and the caller's signal", async () => {
		const key = freshKey();
		await server.command("LPUSH", `lock:{${key}}`, "v");
		await expect(locks.tryAcquire(key)).rejects.toMatchObject({ code: "RK_LOCK_CONFIG" });
		const stop = new AbortController();
		const acquiring = locks.acquire(`${key}:aborted`, { signal: stop.signal });
		stop.abort();
		await expect(acquiring).rejects.toMatchObject({ code: "RK_LOCK_ABORTED" });
	});
});
