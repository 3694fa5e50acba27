import { get, keyInSlot, type RedisPort } from "@rk/client";
import { startCluster, type TestCluster } from "@rk/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fencedWrite } from "../src/index.ts";
import { richNames } from "../src/names.ts";
import { adapters, freshKey, locksOn, openCluster, taken, until } from "./redis.ts";

let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startCluster({ masters: 3, replicas: 1 });
});
afterAll(() => cluster.stop());

describe.each(adapters)("on a cluster over $name", (adapter) => {
	const open = (): Promise<RedisPort> => openCluster(adapter, cluster.nodes);
	let redis: RedisPort;
	beforeEach(async () => {
		redis = await open();
	});
	const slotOf = (key: string): number => redis.topology.slotOf(richNames("lock:", key).lock);

	test.each(["rich", "plain"] as const)(
		"locks on all nodes are taken, waited for and released: layout %s",
		async (layout) => {
			const patient = { layout, maxRetryMs: 60_000, ttlMs: 600_000 };
			const [mine, theirs] = [locksOn(redis, patient), locksOn(await open(), patient)];
			const keys = Array.from({ length: 12 }, () => freshKey());
			const held = await Promise.all(keys.map((key) => taken(mine, key)));
			const waiting = keys.map((key) => theirs.acquire(key));
			const asked = (key: string): number =>
				theirs.events.filter((event) => event.type === "contended" && event.key === key).length;
			await until(() => keys.every((key) => asked(key) >= 2));
			await Promise.all(held.map((lock) => lock.release()));
			for (const lock of await Promise.all(waiting)) expect(lock.isHeld()).toBe(true);
			if (layout === "rich")
				expect(new Set(keys.map((key) => redis.topology.masterOf(slotOf(key)))).size).toBe(3);
		},
	);

	test("fenced writes, inspection, handing over and force work in any slot", async () => {
		const locks = locksOn(redis);
		for (let n = 0; n < 8; n++) {
			const lock = await taken(locks, freshKey());
			const data = n % 2 === 0 ? `{${lock.key}}:data` : freshKey();
			await fencedWrite(redis, data, "v", lock.fence, { ttlMs: 10_000 });
			await expect(fencedWrite(redis, data, "w", lock.fence - 1n, { ttlMs: 10_000 })).rejects.toMatchObject({
				code: "RK_STALE_FENCE",
			});
			expect(await redis.command(get(data))).toBe("v");
			const adopted = await locks.adopt(lock.detach());
			expect(await locks.inspect(lock.key)).toMatchObject({ held: true, owner: adopted.token });
			expect(await locks.forceRelease(lock.key)).toBe(true);
			expect((await adopted.lost).reason).toMatch(/forced|deleted/);
		}
	});

	// Red (nobody asks for ten minutes) when the port's `topology` is not listened to.
	test("when a slot has moved, the locks are verified at once, and waiters go with it", async () => {
		const locks = locksOn(redis, { ttlMs: 600_000, maxRetryMs: 60_000 });
		const theirs = locksOn(await open(), { ttlMs: 600_000, maxRetryMs: 60_000 });
		const key = freshKey();
		const lock = await taken(locks, key);
		const waiting = theirs.acquire(key);
		await until(() => theirs.told("contended") >= 2);
		await until(() => locks.told("extended") > 0);
		const extended = locks.told("extended");
		const from = await cluster.ownerOf(slotOf(key));
		const to = (await cluster.masters()).find((node) => node !== from) ?? expect.fail("there is one master");
		await cluster.moveSlot(slotOf(key), to);
		await redis.command(get(keyInSlot(slotOf(key)))); // answered with MOVED
		await until(() => locks.told("extended") > extended);
		expect(lock.isHeld()).toBe(true);
		await lock.release();
		expect((await waiting).isHeld()).toBe(true);
	});

	test("a lock that a failover has lost is known to be lost", async () => {
		const locks = locksOn(redis, { ttlMs: 600_000, wait: "poll" }); // whoever begins to listen looks, too, and may be the first
		const [kept, gone] = [await taken(locks, freshKey()), await taken(locks, freshKey())];
		const slot = slotOf(gone.key);
		await (await cluster.ownerOf(slot)).command("DEL", richNames("lock:", gone.key).lock);
		await cluster.failover(slot);
		void redis.command(get(keyInSlot(slot))).catch(() => {}); // whoever uses the slot meets the failover
		expect(await gone.lost).toMatchObject({ reason: "failover" });
		expect(kept.isHeld()).toBe(true);
	});
});
