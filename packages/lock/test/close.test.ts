import { createHook } from "node:async_hooks";
import { getEventListeners } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type RedisPort, RkError } from "@rk/client";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createLocks } from "../src/index.ts";
import { release } from "../src/scripts.ts";
import { adapters, callOf, freshKey, locksOn, open, proxiedServer, taken, until } from "./redis.ts";
import { portWith } from "./support/port-with.ts";

const server = await proxiedServer();

/** Timers of this process that are set, those included that do not keep it alive. */
const timers = new Set<number>();
const hook = createHook({
	init: (id, type) => void (type === "Timeout" && timers.add(id)),
	destroy: (id) => void timers.delete(id),
});
beforeAll(() => void hook.enable());
afterAll(() => void hook.disable());

/** A machine that does much else lets replies wait; nothing here is about that. */
const PATIENT = { cleanupTimeoutMs: 25_000, replyTimeoutMs: 25_000 } as const;

const left = async (key: string): Promise<boolean> => (await server.command("EXISTS", `lock:{${key}}`)) === 1;

describe.each(adapters)("over $name", (adapter) => {
	let redis: RedisPort;
	beforeEach(async () => {
		redis = await open(adapter, server.url);
	});

	test("close() ends waiting, watchdogs and subscriptions, and leaves the locks to their holders", async () => {
		const locks = locksOn(redis);
		const key = freshKey();
		const lock = await taken(locks, key);
		const waiting = locks.acquire(key).catch((error: unknown) => error);
		await until(async () => (await locks.inspect(key)).waiters === 1);
		await locks.close();
		await locks.close();
		expect(await waiting).toMatchObject({ code: "RK_CLOSED" });
		expect(lock.isHeld()).toBe(false);
		expect(lock.signal.reason).toMatchObject({ code: "RK_LOCK_LOST", reason: "closed" });
		await until(async () => String(await server.command("PUBSUB", "SHARDCHANNELS", `*${key}*`)) === "");
		await until(async () => String(await server.command("PUBSUB", "CHANNELS", "lock:revoked")) === "");
		expect(await server.command("EXISTS", `lock:{${key}}`)).toBe(1); // not under him who works
		await lock.release();
		expect(await server.command("EXISTS", `lock:{${key}}`)).toBe(0);
		await expect(locks.tryAcquire(key)).rejects.toMatchObject({ code: "RK_CLOSED" });
		await expect(locks.acquire(key)).rejects.toMatchObject({ code: "RK_CLOSED" });
	});

	// Red (it listens for five seconds more) when who finds the lock busy looks at nothing else before he waits.
	test("who is told that it is busy after close() does not begin to listen", async () => {
		const key = freshKey();
		await taken(locksOn(redis), key);
		const locks = locksOn(redis);
		const waiting = locks.acquire(key).catch((error: unknown) => error);
		await locks.close();
		expect(await waiting).toMatchObject({ code: "RK_CLOSED" });
		const behind = locksOn(await open(adapter, server.url));
		behind.acquire(key).catch(() => {}); // until the end
		await until(() => behind.told("contended") === 2); // it listens
		expect(await server.command("PUBSUB", "SHARDNUMSUB", `lock:{${key}}:wake`)).toEqual([
			`lock:{${key}}:wake`,
			1,
		]);
	});

	// Red (it resolves, with a lock that is lost) when nobody looks at close() between the grant and the caller.
	test("a lock that is granted while close() is called is given back, and not handed out", async () => {
		const locks = locksOn(redis);
		const [first, second, third, fourth] = [freshKey(), freshKey(), freshKey(), freshKey()];
		const json = (await locks.acquire(fourth)).detach();
		const never = (): never => expect.fail("it worked");
		const acquiring = Promise.allSettled([
			locks.acquire(first),
			locks.tryAcquire(second),
			locks.withLock(third, never),
			locks.adopt(json),
		]);
		await locks.close();
		for (const outcome of await acquiring)
			expect(outcome).toMatchObject({ status: "rejected", reason: { code: "RK_CLOSED" } });
		for (const key of [first, second, third]) expect(await left(key)).toBe(false);
		expect(await left(fourth)).toBe(true); // it is his who has its JSON
	});

	// Broken on purpose: where a lock comes too late to be of use, close() is not told of its release (it has no answer yet);
	// or, where an acquire begins, of the acquire (its lock is left until it expires).
	test.each(["acquire", "tryAcquire"] as const)(
		"%s under way is over, and leaves nothing, when close() resolves: the port may be closed",
		async (method) => {
			const own = await open(adapter, server.url);
			const locks = locksOn(own, PATIENT);
			await (await taken(locks, freshKey())).release();
			const key = freshKey();
			await server.freeze();
			const acquiring = locks[method](key).catch((error: unknown) => error);
			const closing = locks.close();
			await server.thaw();
			await closing;
			expect(locks.told("released")).toBe(2);
			await own.close();
			expect(await acquiring).toMatchObject({ code: "RK_CLOSED" });
			expect(await left(key)).toBe(false);
		},
	);

	// Broken on purpose: as above.
	test("so is the try of a waiter whose turn comes while close() is called", async () => {
		const key = freshKey();
		const lock = await taken(locksOn(redis), key);
		const own = await open(adapter, server.url);
		let closing: Promise<void> | undefined;
		const told: string[] = [];
		const locks = createLocks(own, {
			...PATIENT,
			maxRetryMs: 60_000,
			onEvent: ({ type }) => {
				told.push(type);
				// Two are before the message; the third is about to be sent, and granted.
				if (told.filter((type) => type === "attempt").length === 3) closing ??= locks.close();
			},
		});
		const waiting = locks.acquire(key).catch((error: unknown) => error);
		await until(() => told.filter((type) => type === "contended").length === 2);
		await lock.release();
		await until(() => closing !== undefined);
		await closing;
		expect(told).toContain("released");
		await own.close();
		expect(await waiting).toMatchObject({ code: "RK_CLOSED" });
		expect(await left(key)).toBe(false);
	});

	// Broken on purpose: where an acquire fails, close() is not told of its clean-up (it resolves before the server answers).
	test("close() waits for what acquires that failed before give back", async () => {
		const locks = locksOn(redis, PATIENT);
		const key = freshKey();
		const stop = new AbortController();
		await server.freeze();
		const acquiring = locks.acquire(key, { signal: stop.signal }).catch((error: unknown) => error);
		stop.abort();
		expect(await acquiring).toMatchObject({ code: "RK_LOCK_ABORTED" });
		const closing = locks.close();
		await server.thaw();
		await closing;
		expect(locks.told("orphan-cleaned")).toBe(1);
		expect(await left(key)).toBe(false);
	});

	// Broken on purpose: close() is not told of adoptions, or of releases (each time it resolves before the server answers).
	test.each(["adopt", "release"] as const)(
		"%s under way is over when close() resolves: the port may be closed",
		async (method) => {
			const own = await open(adapter, server.url);
			const locks = locksOn(own, { ...PATIENT, wait: "poll" });
			const lock = await taken(locks, freshKey());
			const json = lock.toJSON();
			if (method === "adopt") lock.detach();
			const order: string[] = [];
			await server.freeze();
			const working = (method === "adopt" ? locks.adopt(json) : lock.release()).then(
				() => order.push("done"),
				(error: unknown) => order.push(error instanceof RkError ? error.code : "failed"),
			);
			const closing = locks.close().then(() => order.push("closed"));
			await nextTurn();
			await server.thaw();
			await closing;
			await own.close({ graceMs: 0 });
			await working;
			expect(order).toEqual(method === "adopt" ? ["RK_CLOSED", "closed"] : ["done", "closed"]);
			expect(await left(lock.key)).toBe(method === "adopt"); // it is his who has its JSON
		},
	);

	// Broken on purpose: close() waits for them without a bound (it goes on until the server is back).
	test("close() does not wait longer than cleanupTimeoutMs for an adoption", async () => {
		const locks = locksOn(redis, { cleanupTimeoutMs: 100, replyTimeoutMs: 25_000, wait: "poll" });
		const json = (await taken(locks, freshKey())).detach();
		await server.freeze();
		const adopting = locks.adopt(json).catch((error: unknown) => error);
		await locks.close();
		await server.thaw();
		expect(await adopting).toMatchObject({ code: "RK_CLOSED" });
	});

	// Broken on purpose: a lock that close() took from its holder is released by one attempt, as one that is gone (RK_CONNECTION).
	test("a lock that was held when close() was called is given back though a reply is lost", async () => {
		const locks = locksOn(redis, PATIENT);
		const lock = await taken(locks, freshKey());
		await locks.close();
		const lost = server.proxy.swallowReply(callOf(release));
		await lock.release();
		expect(await lost).toBe(true);
		expect(await left(lock.key)).toBe(false);
	});

	// Broken on purpose: where close() waits for what is under way, without a bound (it goes on until the server is back).
	test("close() does not wait longer than cleanupTimeoutMs for a slow reply, whose lock is given back nevertheless", async () => {
		const locks = locksOn(redis, { cleanupTimeoutMs: 100, replyTimeoutMs: 600_000 });
		const key = freshKey();
		await server.freeze();
		const acquiring = locks.acquire(key).catch((error: unknown) => error);
		try {
			await locks.close();
		} finally {
			await server.thaw();
		}
		expect(await acquiring).toMatchObject({ code: "RK_CLOSED" });
		await until(async () => !(await left(key)));
	});

	// Broken on purpose: the subscription has no signal (it goes on being made, as long as it takes).
	test("close() ends a subscription that is still being made", async () => {
		let begun = false;
		const subscribe: RedisPort["subscribe"] = ({ signal }) => {
			begun = true;
			return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
		};
		const slow = portWith(redis, { subscribe });
		const locks = locksOn(slow, { cleanupTimeoutMs: 3_600_000 });
		await taken(locks, freshKey());
		await until(() => begun);
		await locks.close();
		expect(locks.events.map(({ type }) => type)).not.toContain("subscriber-down"); // it was to end
	});

	// Broken on purpose: the end of the subscription is awaited without a bound (it goes on until the server is back).
	test("close() does not wait for a server that is gone", async () => {
		const locks = locksOn(redis, { cleanupTimeoutMs: 100 });
		const lock = await taken(locks, freshKey());
		await until(() => locks.told("extended") > 0); // the subscription is there
		await server.freeze();
		try {
			await locks.close();
			expect(lock.isHeld()).toBe(false);
		} finally {
			await server.thaw();
		}
		await until(async () => String(await server.command("PUBSUB", "CHANNELS", "lock:revoked")) === "");
	});

	test("`await using` closes them", async () => {
		{
			await using locks = createLocks(redis);
			await taken(locks, freshKey());
		}
		await until(async () => String(await server.command("PUBSUB", "CHANNELS", "lock:revoked")) === "");
	});

	// Red when release() leaves the lock's alarm, or the last alarm its timer: it would ring in minutes.
	test("locks that were released leave no timer, listener or key", async () => {
		const locks = locksOn(redis, { ttlMs: 600_000 });
		const { signal } = new AbortController();
		const key = freshKey();
		const first = await taken(locks, freshKey());
		await until(() => locks.told("extended") > 0); // the subscription is there
		await first.release();
		const before = new Set(timers);
		const all = await Promise.all(
			Array.from({ length: 10 }, (_, n) => locks.acquire(`${key}:${n}`, { signal })),
		);
		await Promise.all(all.map((lock) => lock.release()));
		for (let n = 0; n < 50; n++) await locks.withLock(key, () => n, { signal });
		expect(getEventListeners(signal, "abort")).toEqual([]);
		expect(String(await server.command("KEYS", `lock:{${key}*}`))).toBe("");
		// The port's timer for deadlines ends with the last of them.
		while ([...timers].some((id) => !before.has(id))) await nextTurn();
	});

	test("who waited leaves the subscription for a while, and then nothing", async () => {
		const locks = locksOn(redis); // a while is five of `maxRetryMs`, and 5 s at most
		const key = freshKey();
		const lock = await taken(locks, key);
		const stop = new AbortController();
		const waiting = locks.acquire(key, { signal: stop.signal }).catch((error: unknown) => error);
		const waiters = async (): Promise<number> => (await locks.inspect(key)).waiters;
		await until(async () => (await waiters()) === 1);
		stop.abort();
		expect(await waiting).toMatchObject({ code: "RK_LOCK_ABORTED" });
		expect(await waiters()).toBe(1);
		await until(async () => (await waiters()) === 0);
		expect(lock.isHeld()).toBe(true);
	});

	test("a lock that is released while the port closes keeps nothing waiting", async () => {
		const own = await adapter.connect(server.url);
		const locks = createLocks(own);
		const lock = await taken(locks, freshKey());
		await own.close({ graceMs: 0 });
		await expect(lock.release()).rejects.toMatchObject({ code: "RK_CLOSED" });
		await expect(locks.acquire(freshKey())).rejects.toMatchObject({ code: "RK_CLOSED" });
		await locks.close();
	});

	const failing = {
		throws: (): never => {
			throw new Error("listener");
		},
		rejects: async (): Promise<never> => {
			throw new Error("listener");
		},
	};
	// Broken on purpose: a rejection is not caught, and ends the process (here, an error of the run).
	test.each(["throws", "rejects"] as const)(
		"a listener that %s becomes a warning, and the lock does not notice",
		async (how) => {
			const warnings: unknown[] = [];
			const warn = (warning: Error): void => void warnings.push(warning);
			process.on("warning", warn);
			const locks = createLocks(redis, { onEvent: failing[how] });
			await (await taken(locks, freshKey())).release();
			await until(() => warnings.length > 0);
			await locks.close();
			process.off("warning", warn);
			expect(warnings[0]).toMatchObject({ code: "RK_LISTENER_ERROR" });
		},
	);
});
