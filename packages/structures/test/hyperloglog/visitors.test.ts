import {
	type CommandError,
	pexpire,
	pexpiretime,
	pfadd,
	pttl,
	type RedisPort,
	sadd,
	type as typeOf,
} from "@rk/client";
import { startServer } from "@rk/testing";
import { beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import {
	createHyperLogLog,
	createUniqueVisitors,
	type UniqueVisitorsOptions,
} from "../../src/hyperloglog/index.ts";
import { adapters, freshName, open } from "../redis.ts";

const DAY = 86_400_000;

describe.each(adapters)("over $name", (adapter) => {
	let redis: RedisPort;
	beforeEach(async () => {
		redis = await open(adapter, inject("redisUrl"));
	});

	describe("a HyperLogLog", () => {
		test("counts each element once, exactly while they are few", async () => {
			const hll = createHyperLogLog(redis, { prefix: `${freshName()}:`, ttlMs: 600_000 });
			expect(await hll.add("k", "a", "b")).toBe(true);
			expect(await hll.add("k", "b", "a")).toBe(false);
			expect(await hll.add("k", Buffer.from([0xff, 0x00]), Buffer.from([0xff, 0x01]))).toBe(true);
			expect(await hll.count("k")).toBe(4);
			expect(await hll.count("k", "missing", "k")).toBe(4);
		});

		test("of no elements nothing is made, though PFADD would", async () => {
			const key = freshName();
			expect(await createHyperLogLog(redis).add(key)).toBe(false);
			expect(await redis.command(typeOf(key))).toBe("none");
		});

		test("takes as many elements as come, within 2.5 % of the truth", async () => {
			const hll = createHyperLogLog(redis, { ttlMs: 600_000 });
			const key = freshName();
			const elements = Array.from({ length: 25_000 }, (_, i) => `user-${i}`);
			expect(await hll.add(key, ...elements)).toBe(true);
			const count = await hll.count(key);
			expect(Math.abs(count - 25_000)).toBeLessThan(625);
		});

		test("many elements at once are refused with the same error as one", async () => {
			const key = freshName();
			const hll = createHyperLogLog(redis, { ttlMs: 600_000 });
			await redis.command(sadd(key, "x"));
			const many = Array.from({ length: 2_500 }, (_, i) => `${i}`);
			await expect(hll.add(key, ...many)).rejects.toMatchObject({ code: "RK_HYPERLOGLOG_INVALID" });
			await redis.command(pexpire(key, 1));
		});

		// Red without NX in either script.
		test("the time to live begins when the key is made, and neither adding nor counting moves it", async () => {
			const key = freshName();
			await createHyperLogLog(redis, { ttlMs: 300_000 }).add(key, "a");
			const end = await redis.command(pexpiretime(key));
			const later = createHyperLogLog(redis, { ttlMs: 900_000 });
			await later.add(key, "b");
			await later.count(key);
			await later.merge(key, freshName());
			await createHyperLogLog(redis).add(key, "c");
			expect(await redis.command(pexpiretime(key))).toBe(end);
		});

		test("counting makes no key, and sends nothing that writes", async () => {
			await using server = await startServer({ owned: true, proxied: true });
			const here = await open(adapter, server.url);
			const key = freshName();
			expect(await createHyperLogLog(here).count(key, "b", "c")).toBe(0);
			expect(await here.command(typeOf(key))).toBe("none");
			expect(server.proxy?.count("PFCOUNT")).toBe(1);
		});
	});

	describe("unique visitors", () => {
		const visitorsOf = (options: Partial<UniqueVisitorsOptions> = {}) => {
			const prefix = freshName();
			const visitors = createUniqueVisitors(redis, { retentionDays: 30, prefix, ...options });
			return { prefix, visitors };
		};

		test("are at the keys of the recipe book, and what its code recorded is counted along", async () => {
			const clock = (): number => Date.UTC(2030, 0, 2, 12);
			const visitors = createUniqueVisitors(redis, { retentionDays: 30, clock });
			onTestFinished(async () => void (await redis.command(pexpire("uv:2030-01-02", 1))));
			await redis.command(pfadd("uv:2030-01-02", "ann"));
			expect(await visitors.record("ann")).toBe(false);
			expect(await visitors.record(["bob", "ann"])).toBe(true);
			expect(await visitors.count("2030-01-02")).toBe(2);
			// Its key had no time to live, and has one now.
			expect(await redis.command(pexpiretime("uv:2030-01-02"))).toBe(Date.UTC(2030, 0, 2) + 31.5 * DAY);
		});

		test("a day ends at midnight of the time zone, in summer and in winter", async () => {
			const { visitors } = visitorsOf({ timeZone: "Europe/Vienna", retentionDays: null });
			await visitors.record("a", { at: new Date("2026-07-01T21:59:59.999Z") });
			await visitors.record("b", { at: new Date("2026-07-01T22:00:00Z") });
			await visitors.record("c", { at: new Date("2026-12-01T22:59:59.999Z") });
			await visitors.record("d", { at: new Date("2026-12-01T23:00:00Z") });
			expect(await visitors.series({ from: "2026-07-01", to: "2026-07-02" })).toEqual([
				{ date: "2026-07-01", count: 1 },
				{ date: "2026-07-02", count: 1 },
			]);
			expect(await visitors.count("2026-12-01")).toBe(1);
			expect(await visitors.count(new Date("2026-12-01T23:30:00Z"))).toBe(1);
			expect(await visitors.count({ from: "2026-07-01", to: "2026-12-31" })).toBe(4);
		});

		test("time zones a day apart differ, and 29 February is a day", async () => {
			const at = new Date("2028-02-29T10:30:00Z");
			const prefix = freshName();
			for (const [timeZone, day] of [
				["Pacific/Kiritimati", "2028-03-01"],
				["Pacific/Pago_Pago", "2028-02-28"],
				["UTC", "2028-02-29"],
			] as const) {
				const visitors = createUniqueVisitors(redis, { retentionDays: null, prefix, timeZone });
				await visitors.record(timeZone, { at });
				expect(await visitors.count(day), timeZone).toBe(1);
			}
		});

		// Red when the end is counted from now, and without NX.
		test("late records and reads neither shorten nor lengthen how long a day is kept", async () => {
			let now = Date.now();
			const clock = (): number => now;
			const { prefix, visitors } = visitorsOf({ clock, retentionDays: 30 });
			const day = new Date(now).toISOString().slice(0, 10);
			await visitors.record("a");
			const key = `${prefix}:${day}`;
			const end = await redis.command(pexpiretime(key));
			expect(end).toBe(Date.parse(day) + 31.5 * DAY);
			now += 20 * DAY;
			await visitors.record("b", { at: day });
			await visitors.count(day);
			await visitors.series({ from: day, to: day });
			expect(await createUniqueVisitors(redis, { prefix, retentionDays: 1, clock }).count(day)).toBe(2);
			await createUniqueVisitors(redis, { prefix, retentionDays: 90, clock }).record("c", { at: day });
			expect(await redis.command(pexpiretime(key))).toBe(end);
		});

		test("what is no longer kept is refused, instead of recorded for nothing", async () => {
			const { prefix, visitors } = visitorsOf({ retentionDays: 3 });
			await expect(visitors.record("a", { at: "2020-01-01" })).rejects.toThrow(
				/^at is "2020-01-01", but must be a day/,
			);
			expect(await redis.command(typeOf(`${prefix}:2020-01-01`))).toBe("none");
			await createUniqueVisitors(redis, { prefix, retentionDays: null }).record("a", { at: "2020-01-01" });
			expect(await redis.command(pttl(`${prefix}:2020-01-01`))).toBe(-1);
			await redis.command(pexpire(`${prefix}:2020-01-01`, 1));
		});

		test("a series is one round trip, and so is the union of a month", async () => {
			await using server = await startServer({ owned: true, proxied: true });
			const visitors = createUniqueVisitors(await open(adapter, server.url), { retentionDays: null });
			await visitors.count({ from: "2026-01-01", to: "2026-01-31" });
			expect(server.proxy?.count("PFCOUNT")).toBe(1);
			await visitors.series({ from: "2026-01-01", to: "2026-01-31" });
			expect(server.proxy?.count("PFCOUNT")).toBe(32);
		});

		test("when Redis is gone, the error is the port's own", async () => {
			const server = await startServer({ owned: true });
			onTestFinished(() => server.stop());
			const visitors = createUniqueVisitors(await open(adapter, server.url, { commandTimeoutMs: 500 }), {
				retentionDays: 1,
			});
			await server.kill();
			const error = await visitors.record("a").catch((reason: CommandError) => reason);
			expect(error).toMatchObject({ outcome: expect.stringMatching(/not-sent|unknown/) });
		});
	});
});

test("bad input is refused before anything is sent, by its name", async () => {
	const redis = await open(adapters[0] ?? expect.fail(), inject("redisUrl"));
	const hll = createHyperLogLog(redis);
	const visitors = createUniqueVisitors(redis, { retentionDays: 1 });
	const options: ReadonlyArray<readonly [argument: string, call: () => unknown]> = [
		["ttl", () => createHyperLogLog(redis, Object.fromEntries([["ttl", 5]]))],
		["ttlMs", () => createHyperLogLog(redis, { ttlMs: 0.5 })],
		["prefix", () => createHyperLogLog(redis, Object.fromEntries([["prefix", 5]]))],
		["prefix", () => createHyperLogLog(redis, { prefix: "\ud800" })],
		["retentionDays", () => Reflect.apply(createUniqueVisitors, null, [redis, { prefix: "uv" }])],
		["retentionDays", () => createUniqueVisitors(redis, { retentionDays: -1 })],
		["timeZone", () => createUniqueVisitors(redis, { retentionDays: 1, timeZone: "Vienna" })],
		// Broken on purpose: only what Intl refuses as a RangeError.
		[
			"timeZone",
			() => Reflect.apply(createUniqueVisitors, null, [redis, { retentionDays: 1, timeZone: Symbol("UTC") }]),
		],
		["prefix", () => createUniqueVisitors(redis, { retentionDays: 1, prefix: "" })],
		["clock", () => Reflect.apply(createUniqueVisitors, null, [redis, { retentionDays: 1, clock: 5 }])],
	];
	for (const [argument, call] of options)
		expect(call, argument).toThrow(expect.objectContaining({ argument }));
	const bad: ReadonlyArray<readonly [argument: string, call: () => unknown]> = [
		["elements[0]", () => hll.add("k", "\ud800")],
		["key", () => hll.add("\ud800", "a")],
		["visitors[1]", () => visitors.record(["a", "\udfff"])],
		[
			"days",
			() => Reflect.apply(visitors.count, visitors, [{ from: "2026-02-01", to: "2026-02-02" }, "2026-03-01"]),
		],
		["elements[1]", () => hll.add("k", "a", "")],
		["elements[0]", () => Reflect.apply(hll.add, hll, ["k", undefined])],
		["key", () => hll.add("", "a")],
		["keys", () => hll.count()],
		["keys[1]", () => hll.count("a", "")],
		["sources", () => hll.merge("a")],
		["destination", () => hll.merge("", "a")],
		["visitors[0]", () => visitors.record("")],
		["visitors[1]", () => Reflect.apply(visitors.record, visitors, [["a", null]])],
		["visitors", () => Reflect.apply(visitors.record, visitors, [undefined])],
		["date", () => Reflect.apply(visitors.record, visitors, ["a", { date: "2026-01-01" }])],
		["at", () => visitors.record("a", { at: new Date(Number.NaN) })],
		["days", () => Reflect.apply(visitors.count, visitors, [])],
		["days[0]", () => visitors.count("2026-02-30")],
		["days[0]", () => visitors.count(new Date(8.64e15))],
		["days[1]", () => visitors.count("2026-02-01", "1/2/2026")],
		["to", () => visitors.count({ from: "2026-02-02", to: "2026-02-01" })],
		["to", () => visitors.series({ from: "1026-02-02", to: "2026-02-01" })],
		["range", () => Reflect.apply(visitors.series, visitors, [null])],
	];
	for (const [argument, call] of bad)
		await expect(call(), argument).rejects.toMatchObject({ code: "RK_INVALID_ARGUMENT", argument });
});
