import { getBuffer, pexpire, pfadd, pfcount, pttl, type RedisPort, set } from "@rk/client";
import { connect } from "@rk/ioredis";
import { startCluster, type TestCluster } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createHyperLogLog, createUniqueVisitors } from "../../src/hyperloglog/index.ts";
import { adapters, freshName, openCluster } from "../redis.ts";
import { chance } from "./random.ts";

const SIZES = [0, 1, 2, 5, 30, 100, 400, 900, 1_500, 2_500, 5_000, 20_000, 100_000, 250_000];

let cluster: TestCluster;
let server: RedisPort;
/** HyperLogLogs of all sizes, twice, that overlap in part. */
const contents: Buffer[] = [];
/** Where the server has them all in one place, to ask PFCOUNT. */
const reference = (i: number): string => `union:${process.pid}:${i}`;

beforeAll(async () => {
	[cluster, server] = await Promise.all([
		startCluster({ masters: 3, replicas: 0 }),
		connect({ url: inject("redisUrl") }),
	]);
	for (const [i, size] of [...SIZES, ...SIZES].entries()) {
		const key = reference(i);
		await server.command(pfadd(key, `first-of-${i}`));
		await server.command(pexpire(key, 600_000));
		for (let from = 0; from < size; from += 1_000) {
			const count = Math.min(1_000, size - from);
			await server.command(
				pfadd(
					key,
					Array.from({ length: count }, (_, n) => `user-${i * 137 + from + n}`),
				),
			);
		}
		contents.push((await server.command(getBuffer(key))) ?? Buffer.alloc(0));
	}
});
afterAll(() => Promise.all([cluster.stop(), server.close()]));

describe.each(adapters)("over $name, on a cluster", (adapter) => {
	// Red with four digits of the estimator's constant. All 1 000 of 1 000 were equal over each adapter, too.
	test("500 of 500 random unions over all slots are what PFCOUNT says", async () => {
		const redis = await openCluster(adapter, cluster);
		const random = chance(adapter.name.length);
		const keyOf = (i: number): string => `union:${i}`;
		for (const [i, value] of contents.entries())
			await redis.command(set(keyOf(i), value, { ttlMs: 600_000 }));
		const hll = createHyperLogLog(redis);
		let equal = 0;
		for (let n = 0; n < 500; n++) {
			const chosen = contents.map((_, i) => i).filter(() => random() < 0.15);
			const [first = 0, ...rest] = chosen;
			const ours = await hll.count(keyOf(first), ...rest.map(keyOf));
			const theirs = await server.command(pfcount([first, ...rest].map(reference)));
			if (ours === theirs) equal += 1;
		}
		expect(equal).toBe(500);
	});

	// Red when all of them are the keys of one script: "too many results to unpack".
	test("thousands of sources are merged, of one slot and of many", async () => {
		const hll = createHyperLogLog(await openCluster(adapter, cluster), {
			prefix: freshName(),
			ttlMs: 600_000,
		});
		for (const nameOf of [(i: number) => `{one}:${i}`, (i: number) => `each:${i}`]) {
			await hll.add(nameOf(0), "x");
			await hll.add(nameOf(8_999), "y");
			await hll.merge(nameOf(9_000), ...Array.from({ length: 9_000 }, (_, i) => nameOf(i)));
			expect(await hll.count(nameOf(9_000))).toBe(2);
		}
	});

	test("a union is merged into a key of another slot, which keeps its own and its TTL", async () => {
		const redis = await openCluster(adapter, cluster);
		const hll = createHyperLogLog(redis, { prefix: `${freshName()}:`, ttlMs: 600_000 });
		await hll.add("a", "x", "y");
		await hll.add("b", "y", "z");
		await hll.add("sum", "own");
		await hll.merge("sum", "a", "b", "missing");
		expect(await hll.count("sum")).toBe(4);
		await hll.merge("sum", "a", "b"); // again, as after an outcome that is unknown
		expect(await hll.count("sum", "a")).toBe(4);
		await hll.merge("fresh", "a");
		expect(await hll.count("fresh")).toBe(2);
	});

	// Red without DEL in the script.
	test("nothing is left of a merge but the destination, which expires", async () => {
		const redis = await openCluster(adapter, cluster);
		const prefix = `${freshName()}:`;
		const hll = createHyperLogLog(redis, { prefix, ttlMs: 600_000 });
		await hll.add("a", "x");
		await hll.add("b", "y");
		await hll.merge("sum", "a", "b");
		const left: string[] = [];
		for await (const page of redis.scan({ match: "*merge*" })) left.push(...page);
		expect(left).toEqual([]);
		const ttl = await redis.command(pttl(`${prefix}sum`));
		expect(ttl).toBeGreaterThan(500_000);
	});

	test("days in different slots are counted together, and by a range", async () => {
		const redis = await openCluster(adapter, cluster);
		const visitors = createUniqueVisitors(redis, { retentionDays: null, prefix: freshName() });
		await visitors.record(["ann", "bob"], { at: "2026-02-27" });
		await visitors.record(["bob", "eve"], { at: "2026-02-28" });
		await visitors.record("joe", { at: "2026-03-01" });
		expect(await visitors.count("2026-02-27", "2026-02-28")).toBe(3);
		expect(await visitors.count({ from: "2026-02-27", to: "2026-03-01" })).toBe(4);
		expect(await visitors.series({ from: "2026-02-26", to: "2026-03-01" })).toEqual([
			{ date: "2026-02-26", count: 0 },
			{ date: "2026-02-27", count: 2 },
			{ date: "2026-02-28", count: 2 },
			{ date: "2026-03-01", count: 1 },
		]);
	});
});
