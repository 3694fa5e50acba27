import { hlen, hsetMany, listOf, pttl, type RedisPort, raw, set, text, unlink } from "@rk/client";
import { startServer } from "@rk/testing";
import { beforeAll, beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import {
	createCounter,
	createIdGenerator,
	createWindowedCounter,
	type WindowedCounter,
} from "../../src/counters/index.ts";
import { places, startPlaces } from "../places.ts";
import { adapters, freshName, open, until } from "../redis.ts";

beforeAll(startPlaces);

describe.each(places)("over $name", (place) => {
	let redis: RedisPort;
	let name: string;
	beforeEach(async () => {
		redis = await place.open();
		name = freshName();
		onTestFinished(async () => {
			await redis.command(unlink(`window:${name}`));
			await redis.command(unlink(`ids:${name}`));
		});
	});

	describe("a windowed counter", () => {
		const BUCKET = 60_000;
		let counter: WindowedCounter;
		beforeEach(() => {
			counter = createWindowedCounter(redis, { name, bucketMs: BUCKET, windowMs: 10 * BUCKET });
		});
		/** The time of the server that the counter is on, in buckets. */
		const now = async (): Promise<number> => {
			const time = raw(["TIME"], { decode: listOf(text), key: `window:${name}` });
			const [seconds = "", microseconds = ""] = await redis.command(time);
			return (Number(seconds) * 1_000 + Number(microseconds) / 1_000) / BUCKET;
		};
		const plant = (buckets: Record<number, number>): Promise<number> => {
			const entries = Object.entries(buckets).map(([bucket, count]) => [bucket, String(count)] as const);
			return redis.command(hsetMany(`window:${name}`, entries));
		};

		test("counts what was recorded just now", async () => {
			expect(await counter.count()).toBe(0);
			await counter.record();
			await counter.record(41);
			expect(await counter.count()).toBe(42);
			const series = await counter.series();
			expect(series).toHaveLength(10);
			expect(series.reduce((sum, { count }) => sum + count, 0)).toBe(42);
		});

		// Red when the oldest bucket counts in full, or not at all.
		test("the oldest bucket counts for the part of it that is in the window", async () => {
			const before = await now();
			const current = Math.floor(before);
			await plant({ [current - 10]: 60_000, [current - 9]: 7, [current - 11]: 1e9, [current + 3]: 1e9 });
			const count = await counter.count();
			const after = await now();
			if (Math.floor(after) !== current) return; // the minute has changed under the test
			expect(count).toBeLessThanOrEqual(60_000 * (1 - (before - current)) + 7.5);
			expect(count).toBeGreaterThanOrEqual(60_000 * (1 - (after - current)) + 6.5);
		});

		// Red when a bucket that is still being filled is taken to be as long as the others.
		test("a window shorter than a bucket is that part of what was counted so far", async () => {
			const before = await now();
			const current = Math.floor(before);
			await plant({ [current]: 60_000 });
			const window = Math.ceil((before - current) * BUCKET * 0.5) + 1;
			const count = await counter.count(window);
			const after = await now();
			if (Math.floor(after) !== current) return; // the minute has changed under the test
			const share = (at: number): number => Math.min(1, window / ((at - current) * BUCKET));
			expect(count).toBeLessThanOrEqual(60_000 * share(before) + 1);
			expect(count).toBeGreaterThanOrEqual(60_000 * share(after) - 1);
		});

		test("a shorter window can be asked for, and the series has the empty buckets too", async () => {
			const current = Math.floor(await now());
			await plant({ [current - 5]: 500, [current]: 3 });
			expect(await counter.count(2 * BUCKET)).toBe(3);
			const series = await counter.series();
			expect(series.find(({ startMs }) => startMs === (current - 5) * BUCKET)?.count).toBe(500);
			expect(series.filter(({ count }) => count > 0)).toHaveLength(2);
		});

		// Red without HDEL: the hash grows for ever under steady use.
		test("buckets that no window reaches are dropped, and the key ends with the last", async () => {
			const current = Math.floor(await now());
			await plant(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [current - 11 - i, 1])));
			await counter.record();
			expect(await redis.command(hlen(`window:${name}`))).toBe(1);
			const ttl = await redis.command(pttl(`window:${name}`));
			expect(ttl).toBeGreaterThan(10 * BUCKET);
			expect(ttl).toBeLessThanOrEqual(11 * BUCKET);
		});

		// Broken on purpose, each red: where a bucket is begun, those of the future left while there are few; where they are read, only
		// passed over. They count as soon as the clock is a bucket behind them.
		test("what was counted while the clock was ahead is dropped by who counts or asks next", async () => {
			const key = `window:${name}`;
			const future = (): Promise<Record<number, number>> =>
				now().then((time) => ({ [Math.floor(time) + 3]: 1_000, [Math.floor(time) + 9]: 1_000 }));
			for (const use of [() => counter.record(), () => counter.count(), () => counter.series()]) {
				await redis.command(unlink(key));
				await plant(await future());
				await use();
				expect(await redis.command(hlen(key))).toBeLessThanOrEqual(1);
				expect(await counter.count()).toBeLessThanOrEqual(1);
			}
		});

		// Broken on purpose: the bucket ahead left out of the series, when it counts.
		test("what was counted before the clock was set back a little is in the series, too", async () => {
			await plant({ [Math.floor(await now()) + 1]: 5 });
			const counts = (await counter.series()).map(({ count }) => count);
			expect(counts).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 5]);
			expect(await counter.count()).toBe(5);
		});

		// Broken on purpose, each red: looked at after HINCRBY, and as Lua's error; read as NaN.
		test("a hash of something else is a typed error, and nothing is counted", async () => {
			const current = Math.floor(await now());
			const invalid = { code: "RK_COUNTER_INVALID", key: `window:${name}` };
			for (const foreign of [
				["abc", "5"],
				[String(current), "abc"],
				[String(current + 1), "1.5"],
			] as const) {
				await redis.command(unlink(`window:${name}`));
				await redis.command(hsetMany(`window:${name}`, [foreign]));
				await expect(counter.count()).rejects.toMatchObject(invalid);
				await expect(counter.series()).rejects.toMatchObject(invalid);
				if (foreign[1] === "1.5") continue;
				await expect(counter.record()).rejects.toMatchObject(invalid);
				expect(await redis.command(hlen(`window:${name}`))).toBe(1);
			}
		});

		// Broken on purpose: where a bucket is full, HINCRBY all the same, which Redis does up to 2^63.
		test("a number that would not be exact is refused, and nothing has changed", async () => {
			const overflow = { code: "RK_COUNTER_OVERFLOW" };
			const hours = createWindowedCounter(redis, { name, bucketMs: 3_600_000, windowMs: 7_200_000 });
			await hours.record(Number.MAX_SAFE_INTEGER - 1);
			await expect(hours.record(2)).rejects.toMatchObject(overflow);
			expect(await hours.count()).toBe(Number.MAX_SAFE_INTEGER - 1);
			await hours.record(1);
			const last = Math.floor((await now()) / 60) - 1;
			await plant({ [last]: Number.MAX_SAFE_INTEGER });
			await expect(hours.count()).rejects.toMatchObject(overflow);
		});

		test("what was counted falls out of the window by itself", async () => {
			const short = createWindowedCounter(redis, { name, bucketMs: 20, windowMs: 100 });
			await short.record(5);
			await until(async () => (await short.count()) === 0);
		});

		test("many writers, no count lost", async () => {
			const other = createWindowedCounter(await place.open(), {
				name,
				bucketMs: BUCKET,
				windowMs: 10 * BUCKET,
			});
			await Promise.all(Array.from({ length: 500 }, (_, i) => (i % 2 === 0 ? counter : other).record()));
			expect(await counter.count()).toBe(500);
		});

		test("a key of another type is a typed error", async () => {
			await redis.command(set(`window:${name}`, "x", { ttlMs: 60_000 }));
			await expect(counter.record()).rejects.toMatchObject({ code: "RK_COUNTER_INVALID" });
			await expect(counter.count()).rejects.toMatchObject({ code: "RK_COUNTER_INVALID" });
		});
	});

	describe("an id generator", () => {
		// Red when waiters take a block each after the same reply, or when `next` goes one too far.
		test("gives each id once, in whatever process, from 1 on, and rising in one generator", async () => {
			const ports = [redis, await place.open()];
			const generators = [1, 7, 100, 7].map((block, i) =>
				createIdGenerator(ports[i % 2] ?? redis, { name, block }),
			);
			const given = await Promise.all(
				generators.map((ids) => Promise.all(Array.from({ length: 150 }, () => ids.next()))),
			);
			for (const ids of given) expect(ids).toEqual([...ids].sort((a, b) => a - b));
			const all = given.flat();
			expect(new Set(all).size).toBe(600);
			expect(Math.min(...all)).toBe(1);
			expect(await redis.command(pttl(`ids:${name}`))).toBe(-1);
		});

		test("ends with a typed error when the exact numbers are used up, and gives none twice", async () => {
			await redis.command(set(`ids:${name}`, String(Number.MAX_SAFE_INTEGER - 5), { ttlMs: 60_000 }));
			const ids = createIdGenerator(redis, { name, block: 4 });
			for (let n = 4; n >= 1; n--) expect(await ids.next()).toBe(Number.MAX_SAFE_INTEGER - n);
			await expect(ids.next()).rejects.toMatchObject({ code: "RK_COUNTER_OVERFLOW" });
			await redis.command(set(`ids:${name}`, "x", { ttlMs: 60_000 }));
			await expect(ids.next()).rejects.toMatchObject({ code: "RK_COUNTER_INVALID" });
		});
	});
});

describe.each(adapters)("over $name", (adapter) => {
	test("a block takes one command, and one whose reply was lost is not given out", async () => {
		await using server = await startServer({ owned: true, proxied: true });
		const ids = createIdGenerator(await open(adapter, server.url), { name: "i", block: 10 });
		const lost = server.proxy?.swallowReply("EVAL") ?? expect.fail("there is no proxy");
		const first = await Promise.allSettled([ids.next(), ids.next()]);
		expect(await lost).toBe(true);
		expect(first.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
		expect(await Promise.all(Array.from({ length: 10 }, () => ids.next()))).toEqual(
			Array.from({ length: 10 }, (_, i) => 11 + i),
		);
	});
});

test("bad input is refused before anything is sent, by its name", async () => {
	const redis = await open(adapters[0] ?? expect.fail(), inject("redisUrl"));
	const counter = createCounter(redis, { name: "c", min: 0, max: 5 });
	const windowed = createWindowedCounter(redis, { name: "w", bucketMs: 10, windowMs: 100 });
	const options: ReadonlyArray<readonly [argument: string, call: () => unknown]> = [
		["name", () => createCounter(redis, { name: "" })],
		["name", () => createCounter(redis, { name: "\ud800" })],
		["name", () => createWindowedCounter(redis, { name: "\udfff", bucketMs: 1, windowMs: 1 })],
		["ttl", () => Reflect.apply(createCounter, null, [redis, { name: "c", ttl: 5 }])],
		["ttlMs", () => createCounter(redis, { name: "c", ttlMs: 0 })],
		["min", () => createCounter(redis, { name: "c", min: 6, max: 5 })],
		["max", () => createCounter(redis, { name: "c", max: 2 ** 53 })],
		["windowMs", () => createWindowedCounter(redis, { name: "w", bucketMs: 10, windowMs: 105 })],
		["windowMs", () => createWindowedCounter(redis, { name: "w", bucketMs: 1, windowMs: 3_601 })],
		["bucketMs", () => createWindowedCounter(redis, { name: "w", bucketMs: 0, windowMs: 10 })],
		["block", () => createIdGenerator(redis, { name: "i", block: 0 })],
		["size", () => Reflect.apply(createIdGenerator, null, [redis, { name: "i", size: 5 }])],
	];
	for (const [argument, call] of options)
		expect(call, argument).toThrow(expect.objectContaining({ argument }));
	const bad: ReadonlyArray<readonly [argument: string, call: () => unknown]> = [
		["by", () => counter.increment(0.5)],
		["by", () => counter.increment(Number.NaN)],
		["by", () => counter.decrement(2 ** 53)],
		["cap", () => counter.incrementWithCap(1, Number.POSITIVE_INFINITY)],
		["value", () => counter.set(6)],
		["value", () => counter.getSet(-1)],
		["value", () => counter.compareAndSet(null, 1.5)],
		["expected", () => Reflect.apply(counter.compareAndSet, counter, [undefined, 1])],
		["by", () => windowed.record(0)],
		["windowMs", () => windowed.count(101)],
	];
	for (const [argument, call] of bad)
		await expect(call(), argument).rejects.toMatchObject({ code: "RK_INVALID_ARGUMENT", argument });
});
