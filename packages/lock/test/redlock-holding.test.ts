import { ping, type RedisPort } from "@rk/client";
import { beforeEach, describe, expect, test } from "vitest";
import type { Lock, Redlock } from "../src/index.ts";
import { acquirePlain, extend, release } from "../src/scripts.ts";
import { adapters, callOf, freshKey, until } from "./redis.ts";
import { independentServers, kept, openAll, plant, redlockOn } from "./support/redlock.ts";

const { servers, server } = await independentServers(5);
const three = (): typeof servers => servers.slice(0, 3);

async function gone(among: typeof servers, key: string): Promise<boolean> {
	return (await kept(among, key)).every((value) => value === null);
}

describe.each(adapters)("over $name", (adapter) => {
	let five: RedisPort[];
	let ports: RedisPort[];
	beforeEach(async () => {
		five = await openAll(servers, adapter);
		ports = five.slice(0, 3);
	});

	/** A lock that every one of the servers has. */
	async function everywhere(
		redlock: Redlock,
		among: typeof servers = three(),
		ttlMs?: number,
	): Promise<Lock> {
		const lock = await redlock.acquire(freshKey(), ttlMs === undefined ? {} : { ttlMs });
		await until(async () => (await kept(among, lock.key)).every((value) => value === lock.token));
		return lock;
	}

	test("an extension needs a majority, and reaches all who answer", async () => {
		const lock = await everywhere(redlockOn(ports, { nodeTimeoutMs: 200 }));
		await server(2).freeze();
		await lock.extend(60_000);
		expect(lock.remaining()).toBeGreaterThan(50_000);
		for (const n of [0, 1])
			expect(Number(await server(n).command("PTTL", `lock:${lock.key}`))).toBeGreaterThan(50_000);
	});

	// Red (two of five stay without) when the second phase is left out.
	test("servers that were restarted empty have the lock again after an extension", async () => {
		const redlock = redlockOn(five, { watchdog: false });
		const lock = await everywhere(redlock, servers);
		for (const n of [1, 3]) {
			await server(n).kill();
			await server(n).restart();
		}
		expect((await kept(servers, lock.key)).filter((value) => value === null)).toHaveLength(2);
		await until(async () => {
			await lock.extend();
			return (await kept(servers, lock.key)).every((value) => value === lock.token);
		});
		for (const each of servers)
			expect(Number(await each.command("PTTL", `lock:${lock.key}`))).toBeGreaterThan(5_000);
		await lock.release();
		await until(() => gone(servers, lock.key));
	});

	// Red when nobody listens to `up`: the watchdog would come only after twenty minutes.
	test("a server that comes back empty is given the lock again at once, by the watchdog", async () => {
		const lock = await everywhere(redlockOn(ports, { ttlMs: 3_600_000, nodeTimeoutMs: 1_000 }));
		await server(1).kill();
		await server(1).restart();
		await until(async () => (await server(1).command("GET", `lock:${lock.key}`)) === lock.token);
	});

	// Red (two servers have the token again) when servers are given the lock without a majority that confirms it.
	test("a lock that a majority has lost is lost, and not revived", async () => {
		const lock = await everywhere(redlockOn(ports, { watchdog: false }));
		for (const each of three()) each.proxy.forget();
		await server(0).command("DEL", `lock:${lock.key}`);
		await plant(server(1), lock.key, "another", 60_000);
		await expect(lock.extend()).rejects.toMatchObject({ code: "RK_LOCK_NOT_HELD" });
		expect(await lock.lost).toMatchObject({ reason: "quorum" });
		expect(lock.isHeld()).toBe(false);
		await answered(ports);
		for (const each of three()) expect(each.proxy.count(callOf(acquirePlain))).toBe(0);
		expect(await kept(three(), lock.key)).toEqual([null, "another", lock.token]);
	});

	test.each([
		["deleted", "DEL"],
		["stolen", "SET"],
	] as const)(
		"a lock that all servers lost in the same way is lost for that reason: %s",
		async (reason, name) => {
			const lock = await everywhere(redlockOn(ports, { watchdog: false }));
			for (const each of three()) {
				if (name === "DEL") await each.command("DEL", `lock:${lock.key}`);
				else await plant(each, lock.key, "another", 60_000);
			}
			await expect(lock.extend()).rejects.toMatchObject({ code: "RK_LOCK_NOT_HELD" });
			expect(await lock.lost).toMatchObject({ reason });
		},
	);

	// Red (lost at once) when servers that do not answer count as if they had said no.
	test("a lock of which servers tell nothing is held as long as it is valid, and extended when they do again", async () => {
		const redlock = redlockOn(ports, { ttlMs: 30_000, watchdog: false, nodeTimeoutMs: 100, retryMs: 10 });
		const lock = await everywhere(redlock);
		await server(0).freeze();
		await server(1).freeze();
		const extending = lock.extend(60_000);
		await until(() => server(2).proxy.count(callOf(extend)) > 2);
		expect(lock.isHeld()).toBe(true);
		await server(0).thaw();
		await extending;
		expect(lock.remaining()).toBeGreaterThan(50_000);
	});

	test("the loss is noticed when the validity ends, though every server stands still", async () => {
		const redlock = redlockOn(ports, { nodeTimeoutMs: 100 });
		const lock = await everywhere(redlock, three(), 600);
		for (const each of three()) await each.freeze();
		const loss = await lock.lost;
		expect(["expired", "paused"]).toContain(loss.reason);
		expect(loss.at).toBeGreaterThanOrEqual(Math.floor(loss.validUntil));
		expect(redlock.told("extend-failed")).toBeGreaterThan(0);
	});

	// Red (the third server keeps it for a minute) when a server that could not be told is not told again.
	test("a release needs a majority, and the rest is told when it can be", async () => {
		const redlock = redlockOn(ports, { nodeTimeoutMs: 100, retryMs: 10 });
		const lock = await everywhere(redlock, three(), 60_000);
		server(2).proxy.blackHole("requests");
		await lock.release();
		await until(() => gone(servers.slice(0, 2), lock.key));
		expect(await server(2).command("GET", `lock:${lock.key}`)).toBe(lock.token);
		await server(2).proxy.heal();
		await until(() => gone(three(), lock.key));
	});

	test("a release that a majority does not confirm says what each server said", async () => {
		const redlock = redlockOn(ports, { nodeTimeoutMs: 100, retryMs: 10, cleanupTimeoutMs: 400 });
		const lock = await everywhere(redlock);
		await server(1).freeze();
		await server(2).freeze();
		await expect(lock.release()).rejects.toMatchObject({
			code: "RK_LOCK_QUORUM",
			nodes: [{ vote: "yes" }, { vote: "pending" }, { vote: "pending" }],
		});
		await server(1).thaw();
		await server(2).thaw();
		await until(() => gone(three(), lock.key));
	});

	// Red (RK_LOCK_NOT_HELD) when a lock that is gone after an unknown outcome counts as not held.
	test("a release whose replies were lost succeeds", async () => {
		const redlock = redlockOn(ports, { retryMs: 10 });
		await (await everywhere(redlock)).release();
		await answered(ports);
		const lock = await everywhere(redlock);
		const lost = Promise.all([0, 1].map((n) => server(n).proxy.swallowReply(callOf(release))));
		await lock.release();
		expect(await lost).toEqual([true, true]);
	});

	test("the release of a lock that a majority had lost says so", async () => {
		const lock = await everywhere(redlockOn(ports, { watchdog: false }));
		for (const n of [0, 1]) await server(n).command("DEL", `lock:${lock.key}`);
		await expect(lock.release()).rejects.toMatchObject({ code: "RK_LOCK_NOT_HELD", reason: "expired" });
		await until(() => gone(three(), lock.key));
	});

	// Red (the third server keeps it) when the second phase of an extension begins after a release, or, where it has begun,
	// when a release does not wait for it: the source of its script is sent behind the release then.
	test.each(["begins", "has begun"])(
		"a server that lost the lock is not left with it by a release before the second phase of an extension ends: it %s",
		async (phase) => {
			const lock = await everywhere(redlockOn(ports), three(), 60_000);
			await server(2).command("DEL", `lock:${lock.key}`);
			await server(2).flushScripts();
			await server(2).command("SCRIPT", "LOAD", release.source);
			server(2).proxy.forget();
			server(2).proxy.delay(20);
			await lock.extend();
			if (phase === "has begun") await until(() => server(2).proxy.count(callOf(acquirePlain)) > 0);
			await lock.release();
			for (let round = 0; round < 6; round++) await answered(ports);
			expect(await gone(three(), lock.key)).toBe(true);
		},
	);

	// Red (it resolves, with a lock that is lost) when nobody looks at close() once the votes are there.
	test("who is elected while close() is called is not told so, and gives the votes back", async () => {
		const redlock = redlockOn(ports);
		const key = freshKey();
		const acquiring = redlock.acquire(key).catch((error: unknown) => error);
		await redlock.close();
		expect(await acquiring).toMatchObject({ code: "RK_CLOSED" });
		await until(() => gone(three(), key));
	});

	// Broken on purpose: where an acquire begins, close() is not told of it (it resolves before there is anything to give back).
	test("an acquire under way is over, and leaves nothing, when close() resolves: the ports may be closed", async () => {
		const own = await openAll(three(), adapter);
		const redlock = redlockOn(own, { cleanupTimeoutMs: 25_000, nodeTimeoutMs: 25_000, ttlMs: 600_000 });
		await (await everywhere(redlock)).release();
		const key = freshKey();
		for (const each of three()) await each.freeze();
		const acquiring = redlock.acquire(key).catch((error: unknown) => error);
		const closing = redlock.close();
		for (const each of three()) await each.thaw();
		await closing;
		await Promise.all(own.map((redis) => redis.close()));
		expect(await acquiring).toMatchObject({ code: "RK_CLOSED" });
		expect(await gone(three(), key)).toBe(true);
	});

	test("close() loses the locks to their holders, and waits for what is given back", async () => {
		const redlock = redlockOn(ports);
		const [lock, other] = [await everywhere(redlock), await everywhere(redlock)];
		server(2).proxy.delay(50);
		await other.release();
		await redlock.close();
		expect(await gone(three(), other.key)).toBe(true);
		expect(lock.signal.reason).toMatchObject({ code: "RK_LOCK_LOST", reason: "closed" });
		expect(await server(0).command("GET", `lock:${lock.key}`)).toBe(lock.token);
		await lock.release();
		await until(() => gone(three(), lock.key));
	});

	// Broken on purpose: only "nobody has it" is taken for the end of an attempt whose reply was lost (RK_LOCK_NOT_HELD, "taken").
	test("a release whose replies are lost is one, though another has the lock when it is asked again", async () => {
		const redlock = redlockOn(ports, { retryMs: 200, cleanupTimeoutMs: 20_000, watchdog: false });
		const lock = await everywhere(redlock);
		const lost = [0, 1].map((n) => server(n).proxy.swallowReply(callOf(release)));
		const releasing = lock.release();
		expect(await Promise.all(lost)).toEqual([true, true]);
		for (const n of [0, 1]) await plant(server(n), lock.key, "another", 60_000);
		await releasing;
		expect((await kept(three(), lock.key)).slice(0, 2)).toEqual(["another", "another"]);
	});
});

/** Resolves when the servers have answered all that they were sent before. */
async function answered(ports: readonly RedisPort[]): Promise<void> {
	for (let round = 0; round < 2; round++) await Promise.all(ports.map((redis) => redis.command(ping())));
}
