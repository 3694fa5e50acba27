import { ping } from "@rk/client";
import { startSentinel, type TestSentinel } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { adapters, freshKey, locksOn, taken, until } from "./redis.ts";

let group: TestSentinel;
beforeAll(async () => {
	group = await startSentinel({ replicas: 1 });
});
afterAll(() => group.stop());

describe.each(adapters)("behind Sentinel over $name", (adapter) => {
	test("after a failover every lock is verified: what the new master has is held, and the rest is lost", async () => {
		const redis = await adapter.connectSentinel(
			group.name,
			group.sentinels.map(({ host, port }) => `${host}:${port}`),
		);
		onTestFinished(() => redis.close({ graceMs: 0 }));
		const locks = locksOn(redis, { ttlMs: 600_000 });
		const [kept, gone] = [await taken(locks, freshKey()), await taken(locks, freshKey())];
		await until(() => locks.told("extended") >= 2);
		await (await group.master()).command("DEL", `lock:{${gone.key}}`);
		await group.failover();
		void redis.command(ping()).catch(() => {});
		expect(await gone.lost).toMatchObject({ reason: "failover" });
		await kept.extend();
		expect(kept.isHeld()).toBe(true);
		await kept.release();
		await group.settled();
	});
});
