import { get, type RedisPort, spublish } from "@rk/client";
import { beforeEach, describe, expect, test } from "vitest";
import { createLocks, fencedWrite, type Locks } from "../src/index.ts";
import { adapters, freshKey, locksOn, open, proxiedServer, until } from "./redis.ts";

const server = await proxiedServer();

describe.each(adapters)("over $name", (adapter) => {
	let redis: RedisPort;
	let locks: Locks;
	beforeEach(async () => {
		redis = await open(adapter, server.url);
		locks = locksOn(redis);
		server.proxy.forget();
	});
	const evals = (): number => server.proxy.count((args) => /^EVAL/i.test(args[0] ?? ""));

	test.each([
		["ttlMs", { ttlMs: 0 }],
		["ttlMs", { ttlMs: 2 }], // of which the drift leaves nothing
		["ttlMs", { ttlMs: 1.5 }],
		["ttlMs", { ttlMs: Number.NaN }],
		["ttlMs", { ttlMs: -1 }],
		["ttlMs", { ttlMs: "10" }],
		["ttlMs", { ttlMs: 2 ** 53 }],
		["prefix", { prefix: 7 }],
		["prefix", { prefix: "lock:{a}" }],
		["wait", { wait: "block" }],
		["layout", { layout: "json" }],
		["fencing", { fencing: "yes" }],
		["fencing", { fencing: true, layout: "plain" }],
		["fenceTtlMs", { fenceTtlMs: 1_000 }],
		["watchdog", { watchdog: 1 }],
		["maxHoldMs", { maxHoldMs: 0 }],
		["retryMs", { retryMs: 0 }],
		["retryMs", { retryMs: 10n }], // which Math.max does not take
		["maxRetryMs", { maxRetryMs: 10 }], // less than retryMs
		["maxRetryMs", { maxRetryMs: 2 ** 31 }],
		["replyTimeoutMs", { replyTimeoutMs: 2 ** 31 }],
		["cleanupTimeoutMs", { cleanupTimeoutMs: Number.POSITIVE_INFINITY }],
		["drift.factor", { drift: { factor: 1 } }],
		["drift.ms", { drift: { ms: -1 } }],
		["drift.seconds", { drift: { seconds: 1 } }],
		["clock", { clock: {} }],
		["random", { random: 1 }],
		["genToken", { genToken: "x" }],
		["onEvent", { onEvent: "x" }],
		["prefix", { prefix: "lock\ud800" }],
		["fair", { fair: true }],
		["ttl", { ttl: 10 }],
	])("createLocks refuses an option, and names it: %s (%o)", (argument, options) => {
		expect(() => Reflect.apply(createLocks, undefined, [redis, options])).toThrow(
			expect.objectContaining({ code: "RK_INVALID_ARGUMENT", argument }),
		);
	});

	// A driver's own client has a `command` too: over one of them it said that each lock is held by another.
	test.each([undefined, "redis://localhost", { on: () => {}, command: get }])(
		"what is no port is refused: %o",
		async (noPort) => {
			const error = expect.objectContaining({ code: "RK_INVALID_ARGUMENT", argument: "redis" });
			expect(() => Reflect.apply(createLocks, undefined, [noPort])).toThrow(error);
			const writing = Reflect.apply(fencedWrite, undefined, [noPort, "k", "v", 1n, { ttlMs: null }]);
			await expect(writing).rejects.toEqual(error);
		},
	);

	const stop = new AbortController();
	test.each<
		[string, "tryAcquire" | "acquire" | "withLock" | "inspect" | "forceRelease" | "adopt", unknown[]]
	>([
		["key", "tryAcquire", [""]],
		["key", "tryAcquire", [undefined]],
		["key", "tryAcquire", [["a", "b"]]], // several keys are not offered
		["key", "tryAcquire", ["a\ud800"]], // in Redis it would be the same as "a\ud801"
		["key", "inspect", ["\udfffa"]],
		["key", "acquire", [""]],
		["key", "withLock", ["", () => 1]],
		["key", "inspect", [""]],
		["key", "forceRelease", [""]],
		["ttlMs", "tryAcquire", ["k", { ttlMs: 0 }]],
		["ttlMs", "tryAcquire", ["k", { ttlMs: Number.NaN }]],
		["ttlMs", "acquire", ["k", { ttlMs: 10.5 }]],
		["meta", "tryAcquire", ["k", { meta: {} }]],
		["waitMs", "tryAcquire", ["k", { waitMs: 10 }]],
		["waitMs", "acquire", ["k", { waitMs: -1 }]],
		["waitMs", "acquire", ["k", { waitMs: 2 ** 31 }]],
		["deadline", "acquire", ["k", { deadline: 10 }]],
		["deadline", "acquire", ["k", { deadline: new Date(Number.NaN) }]],
		["deadline", "acquire", ["k", { deadline: new Date(), waitMs: 10 }]],
		["signal", "acquire", ["k", { signal: stop }]],
		["retryMs", "acquire", ["k", { retryMs: 0 }]],
		["steal", "acquire", ["k", { steal: 1 }]],
		["steal", "tryAcquire", ["k", { steal: true }]],
		["work", "withLock", ["k"]],
		["onLost", "withLock", ["k", () => 1, { onLost: "ignore" }]],
		["reason", "forceRelease", ["k", { reason: 1 }]],
		["json", "adopt", [undefined]],
		["json.token", "adopt", [{ key: "k", token: "a|b", fence: null, meta: "", ttlMs: 1_000 }]],
		["json.token", "adopt", [{ key: "k", token: "a\ud800", fence: null, meta: "", ttlMs: 1_000 }]],
		["ttlMs", "adopt", [{ key: "k", token: "a", fence: null, meta: "" }]],
		["json.meta", "adopt", [{ key: "k", token: "a", fence: null, ttlMs: 1_000 }]],
		["json.fence", "adopt", [{ key: "k", token: "a", fence: "x", meta: "", ttlMs: 1_000 }]],
		["ttlMs", "adopt", [{ key: "k", token: "a", fence: null, meta: "", ttlMs: 0 }]],
	])("nothing is sent with what is no %s: %s(%o)", async (argument, verb, args) => {
		await expect(Reflect.apply(locks[verb], locks, args)).rejects.toMatchObject({
			code: "RK_INVALID_ARGUMENT",
			argument,
		});
		expect(evals()).toBe(0);
	});

	test("an extension by what is no time is refused, and the lock stays", async () => {
		const lock = await locks.acquire(freshKey());
		for (const ttlMs of [0, 1.5, Number.NaN, -1])
			await expect(lock.extend(ttlMs)).rejects.toMatchObject({
				code: "RK_INVALID_ARGUMENT",
				argument: "ttlMs",
			});
		expect(lock.isHeld()).toBe(true);
	});

	// Red (a holder, and another of the same token) when halves of pairs are let through: in Redis they are all the same.
	test.each(["a|b", "a\ud800"])("a token that would spoil the layout is refused: %o", async (token) => {
		const own = locksOn(redis, { genToken: () => token });
		await expect(own.tryAcquire("k")).rejects.toMatchObject({ argument: "genToken()" });
	});

	// Red (Node.js warns, and the timer rings again and again) when the delay is not cut to what a timer takes.
	test("a time to live beyond the longest timer is kept", async () => {
		const warnings: unknown[] = [];
		const warn = (warning: Error): void => void warnings.push(warning);
		process.on("warning", warn);
		const lock = await locks.acquire(freshKey(), { ttlMs: 2 ** 31 * 4 });
		expect(lock.isHeld()).toBe(true);
		expect(Number(await server.command("PTTL", `lock:{${lock.key}}`))).toBeGreaterThan(2 ** 31);
		await lock.release();
		process.off("warning", warn);
		expect(warnings).toEqual([]);
	});

	test("a key of another type is refused, and stays as it is", async () => {
		const key = freshKey();
		await server.command("HSET", `lock:{${key}}`, "f", "v");
		const error = { code: "RK_LOCK_CONFIG", key, retryable: false };
		await expect(locks.tryAcquire(key)).rejects.toMatchObject(error);
		await expect(locks.acquire(key)).rejects.toMatchObject(error);
		await expect(locks.inspect(key)).rejects.toMatchObject(error);
		await expect(locks.forceRelease(key)).rejects.toMatchObject(error);
		expect(await server.command("HGETALL", `lock:{${key}}`)).toEqual(["f", "v"]);
		await server.command("LPUSH", `lock:{${key}2}:fence`, "v");
		await expect(locks.tryAcquire(`${key}2`)).rejects.toMatchObject({ code: "RK_LOCK_CONFIG" });
		expect(await server.command("EXISTS", `lock:{${key}2}`)).toBe(0);
	});

	// Broken on purpose: where Redis answers one who waits, no look is taken at the time to live (RK_LOCK_BUSY, RK_LOCK_TIMEOUT, for ever).
	test("a key without expiry is told at once, and does not keep anybody waiting for ever", async () => {
		const key = freshKey();
		const impatient = locksOn(redis, { maxRetryMs: 60_000, ttlMs: 600_000 });
		await server.command("SET", `lock:{${key}}`, "theirs|1|");
		const error = { code: "RK_LOCK_CORRUPT", key, holder: "theirs" };
		await expect(impatient.tryAcquire(key)).rejects.toMatchObject(error);
		await expect(impatient.inspect(key)).rejects.toMatchObject(error);
		for (const waitMs of [0, 600_000])
			await expect(impatient.acquire(key, { waitMs })).rejects.toMatchObject(error);
		await expect(impatient.acquire(key)).rejects.toMatchObject(error);
		await expect(impatient.withLock(key, () => {})).rejects.toMatchObject(error);
		expect(await server.command("GET", `lock:{${key}}`)).toBe("theirs|1|");
		expect(await impatient.forceRelease(key)).toBe(true);
		const lock = await impatient.acquire(key);
		impatient.events.length = 0;
		const waiting = [0, 1, 2].map(() => impatient.acquire(key).catch((error: unknown) => error));
		await until(() => impatient.told("contended") >= 4); // the first in line listens
		await server.command("SET", `lock:{${key}}`, "theirs|1|");
		await redis.command(spublish(`lock:{${key}}:wake`, "2"));
		for (const told of await Promise.all(waiting)) expect(told).toMatchObject(error);
		await expect(lock.release()).rejects.toMatchObject({ reason: "taken" });
	});

	test("the value of another layout or library is refused, and stays as it is", async () => {
		const [key, plain] = [freshKey(), locksOn(redis, { layout: "plain" })];
		await server.command("SET", `lock:{${key}}`, "0d9c7a3e-uuid", "PX", 60_000);
		await expect(locks.tryAcquire(key)).rejects.toMatchObject({ code: "RK_LOCK_CONFIG", key });
		await expect(locks.acquire(key)).rejects.toMatchObject({ code: "RK_LOCK_CONFIG", key });
		await server.command("SET", `lock:${key}`, "0d9c7a3e-uuid|17|", "PX", 60_000);
		await expect(plain.tryAcquire(key)).rejects.toMatchObject({ code: "RK_LOCK_CONFIG", key });
		expect(await server.command("GET", `lock:{${key}}`)).toBe("0d9c7a3e-uuid");
		expect(await server.command("GET", `lock:${key}`)).toBe("0d9c7a3e-uuid|17|");
	});

	test("keys that differ only in braces or percent signs are different locks", async () => {
		const keys = ["a", "{a}", "a}", "{a", "%7Ba%7D", "a:b", "a%3Ab", "{a}:fence", "a}:fence"];
		const all = await Promise.all(keys.map((key) => locks.tryAcquire(key)));
		expect(all.every((lock) => lock?.isHeld())).toBe(true);
		expect(new Set(all.map((lock) => lock?.token)).size).toBe(keys.length);
		await Promise.all(all.map((lock) => lock?.release()));
	});
});
