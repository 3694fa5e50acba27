import { once } from "node:events";
import type { RedisPort } from "@rk/client";
import { beforeEach, describe, expect, test } from "vitest";
import { createRedlock } from "../src/index.ts";
import { resolveRedlockOptions } from "../src/redlock-options.ts";
import { adapters, freshKey, open, proxiedServer } from "./redis.ts";
import { redlockOn } from "./support/redlock.ts";

const server = await proxiedServer();

const WRONG_OPTIONS: readonly (readonly [option: string, options: object])[] = [
	["tries", { tries: 0 }],
	["tries", { tries: 1.5 }],
	["retryMs", { retryMs: 0 }],
	["nodeTimeoutMs", { nodeTimeoutMs: 0 }],
	["nodeTimeoutMs", { nodeTimeoutMs: Number.NaN }],
	["nodeTimeoutMs", { nodeTimeoutMs: 2 ** 31 }],
	["ttlMs", { ttlMs: 0 }],
	["ttlMs", { ttlMs: 2.5 }],
	["prefix", { prefix: "lock:{a}" }],
	["watchdog", { watchdog: 1 }],
	["fencing", { fencing: false }],
	["retryCount", { retryCount: 3 }],
];
const WRONG_ACQUIRES: readonly (readonly [option: string, options: object])[] = [
	["ttlMs", { ttlMs: 0 }],
	["ttlMs", { ttlMs: Number.NaN }],
	["waitMs", { waitMs: -1 }],
	["deadline", { deadline: new Date(Number.NaN) }],
	["signal", { signal: "stop" }],
	["meta", { meta: "host" }],
	["tries", { tries: 3 }],
];

describe.each(adapters)("over $name", (adapter) => {
	let redis: RedisPort;
	beforeEach(async () => {
		redis = await open(adapter, server.url);
	});

	test.each(WRONG_OPTIONS)("a wrong %s is refused by name: %o", (option, options) => {
		expect(() => createRedlock([redis], options)).toThrow(
			expect.objectContaining({ code: "RK_INVALID_ARGUMENT", argument: option }),
		);
	});

	test.each(WRONG_ACQUIRES)(
		"a wrong %s of one acquire is refused, and nothing is sent: %o",
		async (option, options) => {
			const redlock = redlockOn([redis]);
			server.proxy.forget();
			const refused = { code: "RK_INVALID_ARGUMENT", argument: option };
			await expect(redlock.acquire(freshKey(), options)).rejects.toMatchObject(refused);
			await expect(redlock.withLock(freshKey(), () => 1, options)).rejects.toMatchObject(refused);
			await expect(redlock.acquire("")).rejects.toMatchObject({ argument: "key" });
			expect(server.proxy.commands()).toEqual([]);
		},
	);

	test("servers must be ports, and none may vote twice", async () => {
		const refused = (argument: string): object =>
			expect.objectContaining({ code: "RK_INVALID_ARGUMENT", argument });
		const notPorts: readonly RedisPort[] = JSON.parse('[{"host":"localhost"}]');
		expect(() => createRedlock([])).toThrow(refused("servers"));
		expect(() => createRedlock(notPorts)).toThrow(refused("servers[0]"));
		expect(() => createRedlock([redis, redis])).toThrow(refused("servers[1]"));
		const other = await open(adapter, server.url);
		const warned = once(process, "warning");
		const even = createRedlock([redis, other]);
		expect((await warned)[0]).toMatchObject({ code: "RK_EVEN_QUORUM" });
		await even.close();
	});

	test("one server is a majority of one", async () => {
		const redlock = redlockOn([redis]);
		expect(await redlock.withLock(freshKey(), async (_, { key }) => redlock.tryAcquire(key))).toBeNull();
	});
});

test("a server is given a twentieth of the time to live to vote, 50 ms at most, unless it is said otherwise", () => {
	expect(resolveRedlockOptions({}).nodeTimeoutMs(10_000)).toBe(50);
	expect(resolveRedlockOptions({}).nodeTimeoutMs(500)).toBe(25);
	expect(resolveRedlockOptions({}).nodeTimeoutMs(5)).toBe(1);
	expect(resolveRedlockOptions({ nodeTimeoutMs: 300 }).nodeTimeoutMs(500)).toBe(300);
});
