import { get, incrby, lpush, pexpire, pexpiretime, pttl, type RedisPort, set, unlink } from "@rk/client";
import { startServer } from "@rk/testing";
import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createCounter } from "../../src/counters/index.ts";
import { places, startPlaces } from "../places.ts";
import { adapters, freshName, open } from "../redis.ts";

/** The whole of the proof takes minutes. */
const WRITES = process.env["RK_STRUCTURES_LONG"] === undefined ? 60 : 10_000;
const MOST = Number.MAX_SAFE_INTEGER;

beforeAll(startPlaces);

describe.each(places)("a counter over $name", (place) => {
	let redis: RedisPort;
	let name: string;
	let key: string;
	beforeEach(async () => {
		redis = await place.open();
		name = freshName();
		key = `counter:${name}`;
		onTestFinished(async () => void (await redis.command(pexpire(key, 1))));
	});

	test("counts up and down from nothing, which is told apart from 0", async () => {
		const counter = createCounter(redis, { name });
		expect(await counter.getOrNull()).toBeNull();
		expect(await counter.get()).toBe(0);
		expect(await counter.increment()).toBe(1);
		expect(await counter.decrement(3)).toBe(-2);
		expect(await counter.increment(-5)).toBe(-7);
		expect(await counter.increment(0)).toBe(-7);
		expect(await counter.get()).toBe(-7);
		expect(await counter.increment(7)).toBe(0);
		expect(await counter.getOrNull()).toBe(0);
		expect(await redis.command(get(key))).toBe("0");
	});

	test("is a plain number, which other programs may count in", async () => {
		const counter = createCounter(redis, { name });
		await redis.command(incrby(key, 41));
		expect(await counter.increment()).toBe(42);
	});

	test("is set, exchanged, compared and reset", async () => {
		const counter = createCounter(redis, { name });
		expect(await counter.getSet(5)).toBeNull();
		expect(await counter.getSet(-6)).toBe(5);
		await counter.set(7);
		expect(await counter.compareAndSet(6, 8)).toBe(false);
		expect(await counter.compareAndSet(null, 8)).toBe(false);
		expect(await counter.compareAndSet(7, 8)).toBe(true);
		expect(await counter.reset()).toBe(8);
		expect(await counter.reset()).toBeNull();
		expect(await counter.compareAndSet(0, 9)).toBe(false);
		expect(await counter.compareAndSet(null, 9)).toBe(true);
		expect(await counter.get()).toBe(9);
	});

	// Red when GET, and SET of the sum, are two commands, and when a reply's number is not the one of this very increment.
	test(`100 writers of ${WRITES} increments each: every sum is given out once, and the last is exact`, async () => {
		const ports = [redis, await place.open(), await place.open()];
		const counters = Array.from({ length: 100 }, (_, i) => createCounter(ports[i % 3] ?? redis, { name }));
		const seen = new Set<number>();
		await Promise.all(
			counters.map(async (counter) => {
				for (let i = 0; i < WRITES; i++) seen.add(await counter.increment());
			}),
		);
		expect(seen.size).toBe(100 * WRITES);
		expect(await createCounter(redis, { name }).get()).toBe(100 * WRITES);
	}, 600_000);

	// Red when the sum is not compared, and when reading and adding are two commands.
	test("never goes over a cap or out of its bounds, whoever adds, and counts all that it granted", async () => {
		const ports = [redis, await place.open()];
		const counters = ports.map((port) => createCounter(port, { name, min: -20, max: 500 }));
		let [granted, denied] = [0, 0];
		const step = async (i: number): Promise<void> => {
			const counter = counters[i % 2] ?? expect.fail();
			const by = ((i * 7919) % 23) - 4;
			const sum = await (i % 3 === 0 ? counter.increment(by) : counter.incrementWithCap(by, 300));
			if (sum === null) denied += 1;
			else {
				granted += by;
				expect(sum).toBeGreaterThanOrEqual(-20);
				expect(sum).toBeLessThanOrEqual(500);
			}
		};
		await Promise.all(
			Array.from({ length: 40 }, async (_, writer) => {
				for (let i = 0; i < 15; i++) await step(writer * 15 + i);
			}),
		);
		expect(denied).toBeGreaterThan(0);
		expect(granted).toBe(await createCounter(redis, { name }).get());
	});

	// Red when what comes nearer to the cap is granted.
	test("a cap holds for a counter that is above it already", async () => {
		const counter = createCounter(redis, { name, max: 100 });
		await counter.set(10);
		expect(await counter.incrementWithCap(0, 5)).toBeNull();
		expect(await counter.incrementWithCap(-4, 5)).toBeNull();
		expect(await counter.incrementWithCap(-5, 5)).toBe(5);
	});

	// Red when the sum is compared with >=.
	test("what is denied changes nothing, and makes no key", async () => {
		const counter = createCounter(redis, { name, max: 10, min: 0, ttlMs: 600_000 });
		expect(await counter.incrementWithCap(6, 5)).toBeNull();
		expect(await counter.increment(11)).toBeNull();
		expect(await counter.decrement()).toBeNull();
		expect(await counter.getOrNull()).toBeNull();
		expect(await counter.incrementWithCap(5, 5)).toBe(5);
		expect(await counter.incrementWithCap(1, 5)).toBeNull();
		expect(await counter.incrementWithCap(6, 100)).toBeNull(); // the counter's own bound holds too
		expect(await counter.increment(5)).toBe(10);
		expect(await counter.get()).toBe(10);
	});

	test("what is out of bounds already may only come nearer", async () => {
		await createCounter(redis, { name }).set(20);
		const counter = createCounter(redis, { name, max: 10 });
		expect(await counter.increment()).toBeNull();
		expect(await counter.decrement()).toBe(19);
	});

	// Red when the TTL is set anew by each change, and when SET does not keep it, or takes the place of INCRBY.
	test("the time to live begins with the key, and only a reset begins it anew", async () => {
		const counter = createCounter(redis, { name, ttlMs: 600_000 });
		await counter.increment();
		const end = await redis.command(pexpiretime(key));
		expect(end).toBeGreaterThan(0);
		const longer = createCounter(redis, { name, ttlMs: 900_000 });
		await longer.increment();
		await longer.set(5);
		await longer.getSet(6);
		await longer.compareAndSet(6, 7);
		await longer.incrementWithCap(1, 100);
		await longer.get();
		await createCounter(redis, { name }).set(8);
		expect(await redis.command(pexpiretime(key))).toBe(end);
		await longer.reset();
		await longer.set(1);
		expect(await redis.command(pexpiretime(key))).toBeGreaterThan(end + 200_000);
		await longer.reset();
		await longer.compareAndSet(null, 1);
		expect(await redis.command(pttl(key))).toBeGreaterThan(600_000);
	});

	test("without a time to live it stays", async () => {
		await createCounter(redis, { name }).increment();
		expect(await redis.command(pttl(key))).toBe(-1);
	});

	// Red with integers for replies: a client misreads 2^53 − 2. Red without the comparison in the script: 2^53 is reached.
	test("is exact up to 2^53 − 1 either way, and refuses to go beyond", async () => {
		const overflow = { code: "RK_COUNTER_OVERFLOW", key };
		const counter = createCounter(redis, { name });
		await counter.set(MOST - 4);
		for (let n = MOST - 3; n <= MOST; n++) expect(await counter.increment()).toBe(n);
		await expect(counter.increment()).rejects.toMatchObject(overflow);
		await expect(counter.increment(MOST)).rejects.toMatchObject(overflow);
		await expect(counter.incrementWithCap(1, MOST)).rejects.toMatchObject(overflow);
		expect(await redis.command(get(key))).toBe("9007199254740991");
		expect(await counter.getSet(-MOST)).toBe(MOST);
		await expect(counter.decrement()).rejects.toMatchObject(overflow);
		expect(await counter.increment(MOST)).toBe(0);
		expect(await counter.compareAndSet(0, MOST)).toBe(true);
		expect(await counter.get()).toBe(MOST);
	});

	test("sums are those of whole numbers of any size, or refused", async () => {
		const counter = createCounter(redis, { name });
		const near = fc.oneof(
			fc.maxSafeInteger(),
			fc.integer({ min: -9, max: 9 }).map((n) => MOST + Math.min(n, 0)),
		);
		await fc.assert(
			fc.asyncProperty(near, near, async (before, by) => {
				await counter.set(before);
				const sum = BigInt(before) + BigInt(by);
				const fits = sum <= MOST && sum >= -MOST;
				const given = await counter.increment(by).catch((error: { code: string }) => error.code);
				expect(given).toBe(fits ? Number(sum) : "RK_COUNTER_OVERFLOW");
				expect(await counter.get()).toBe(fits ? Number(sum) : before);
			}),
			{ numRuns: 30 },
		);
	});

	test.each(["abc", "1.5", "", "007", "-0", " 1", "1e3", "9007199254740992", "-9223372036854775808"])(
		"%j is not a counter's value: a typed error, and nothing is changed",
		async (value) => {
			await redis.command(set(key, value, { ttlMs: 60_000 }));
			const counter = createCounter(redis, { name });
			const invalid = { code: "RK_COUNTER_INVALID", key };
			const calls = [counter.increment, counter.get, counter.getOrNull];
			for (const call of calls) await expect(call()).rejects.toMatchObject(invalid);
			await expect(counter.set(1)).rejects.toMatchObject(invalid);
			await expect(counter.getSet(1)).rejects.toMatchObject(invalid);
			await expect(counter.compareAndSet(1, 2)).rejects.toMatchObject(invalid);
			await expect(counter.incrementWithCap(1, 2)).rejects.toMatchObject(invalid);
			expect(await redis.command(get(key))).toBe(value);
			expect(await counter.reset()).toBeNull();
			expect(await counter.increment()).toBe(1);
		},
	);

	test("a key of another type is one neither", async () => {
		await redis.command(lpush(key, "x"));
		const counter = createCounter(redis, { name });
		const invalid = { code: "RK_COUNTER_INVALID", key, cause: { code: "WRONGTYPE" } };
		await expect(counter.increment()).rejects.toMatchObject(invalid);
		await expect(counter.get()).rejects.toMatchObject(invalid);
		await expect(counter.reset()).rejects.toMatchObject(invalid);
		await redis.command(unlink(key));
	});
});

describe.each(adapters)("over $name, when the connection breaks", (adapter) => {
	// Red when the expiry is a command of its own: the key then has none.
	test("after the first increment, its time to live is set, and nothing is counted twice", async () => {
		await using server = await startServer({ owned: true, proxied: true });
		const redis = await open(adapter, server.url);
		const counter = createCounter(redis, { name: "c", ttlMs: 600_000 });
		const lost = server.proxy?.swallowReply("EVAL") ?? expect.fail("there is no proxy");
		await expect(counter.increment()).rejects.toMatchObject({ outcome: "unknown" });
		expect(await lost).toBe(true);
		expect(await server.command("GET", "counter:c")).toBe("1");
		expect(await server.command("PTTL", "counter:c")).toBeGreaterThan(500_000);
	});

	test("each call is one command", async () => {
		await using server = await startServer({ owned: true, proxied: true });
		const redis = await open(adapter, server.url);
		const counter = createCounter(redis, { name: "c", ttlMs: 600_000, max: 10 });
		await counter.increment();
		await counter.set(1);
		server.proxy?.forget();
		await counter.increment();
		await counter.incrementWithCap(1, 5);
		await counter.compareAndSet(3, 4);
		expect(server.proxy?.count("EVALSHA")).toBe(3);
	});
});
