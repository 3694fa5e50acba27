import {
	getBuffer,
	keyInSlot,
	pfadd,
	pfcount,
	type RedisPort,
	ServerError,
	sadd,
	set,
	slotOf,
	type as typeOf,
} from "@rk/client";
import { connect } from "@rk/ioredis";
import { startCluster, type TestCluster } from "@rk/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { estimate } from "../../src/hyperloglog/estimate.ts";
import {
	createHyperLogLog,
	createUniqueVisitors,
	InvalidHyperLogLogError,
} from "../../src/hyperloglog/index.ts";
import { REGISTERS, raise } from "../../src/hyperloglog/registers.ts";
import { adapters, freshName, open, openCluster } from "../redis.ts";
import { chance } from "./random.ts";

const invalid = { code: "RK_HYPERLOGLOG_INVALID" };
let cluster: TestCluster;
let server: RedisPort;
let sparse: Buffer;
let dense: Buffer;

beforeAll(async () => {
	[cluster, server] = await Promise.all([
		startCluster({ masters: 3, replicas: 0 }),
		connect({ url: inject("redisUrl") }),
	]);
	sparse = await madeOf(20);
	dense = await madeOf(20_000);
});
afterAll(() => Promise.all([cluster.stop(), server.close()]));

async function madeOf(size: number): Promise<Buffer> {
	const key = freshName();
	for (let from = 0; from < size; from += 1_000) {
		const elements = Array.from({ length: Math.min(1_000, size - from) }, (_, n) => `${from + n}`);
		await server.command(pfadd(key, elements));
	}
	return (await server.command(getBuffer(key))) ?? expect.fail("PFADD made no key");
}

function changed(value: Buffer, at: number, byte: number): Buffer {
	const copy = Buffer.from(value);
	copy[at] = byte;
	return copy;
}

const DAMAGES: ReadonlyArray<readonly [what: string, value: () => Buffer]> = [
	["no bytes", () => Buffer.alloc(0)],
	["text", () => Buffer.from("a string that somebody set here")],
	["a header alone", () => sparse.subarray(0, 16)],
	["another magic", () => changed(dense, 3, 0x4d)],
	["an unknown encoding", () => changed(dense, 4, 2)],
	["a dense value cut short", () => dense.subarray(0, -1)],
	["a dense value with a byte more", () => Buffer.concat([dense, Buffer.alloc(1)])],
	["sparse runs that end too early", () => sparse.subarray(0, -1)],
	["sparse runs that go too far", () => Buffer.concat([sparse, Buffer.from([0x80])])],
	["sparse runs of zeros that go too far", () => Buffer.concat([sparse, Buffer.from([0x7f, 0xff])])],
];

describe.each(adapters)("over $name", (adapter) => {
	// Red for runs that end too early or go too far when their sum is not compared with the number of registers; red when the
	// script of a merge ends with the server's refusal, and leaves its copies.
	test("whatever the damage, it is a typed error on a cluster, and nothing is written", async () => {
		const redis = await openCluster(adapter, cluster);
		const hll = createHyperLogLog(redis);
		for (const [what, value] of DAMAGES) {
			const [good, bad, sum] = [`good-${freshName()}`, `bad-${freshName()}`, `sum-${freshName()}`];
			await hll.add(good, "x");
			await redis.command(set(bad, value(), { ttlMs: 600_000 }));
			const elsewhere = [0, 1, 2].map((slot) => `{${keyInSlot(slot)}}${good}`);
			const told = { ...invalid, keys: [bad] };
			await expect(hll.count(bad, ...elsewhere), what).rejects.toMatchObject(told);
			await expect(hll.count(bad), what).rejects.toMatchObject(told);
			await expect(hll.merge(sum, good, bad), what).rejects.toMatchObject(invalid);
			await expect(hll.merge(bad, good, ...elsewhere), what).rejects.toMatchObject(told);
			// The server adds to sparse registers without looking at all of them.
			if (!what.startsWith("sparse")) await expect(hll.add(bad, "x"), what).rejects.toMatchObject(told);
			expect(await redis.command(getBuffer(bad)), what).toEqual(value());
			expect(await redis.command(typeOf(sum)), what).toBe("none");
		}
		for await (const page of redis.scan({ match: "*:merge:*" })) expect(page).toEqual([]);
	});

	// Red when what the server says of a read on a cluster is thrown as it is.
	test("a key of another type is a typed error too, whose cause is what the server said", async () => {
		for (const redis of [await open(adapter, inject("redisUrl")), await openCluster(adapter, cluster)]) {
			const [list, other] = [freshName(), freshName()];
			const hll = createHyperLogLog(redis);
			await redis.command(sadd(list, "x"));
			const count = hll.count(list, other, `{${keyInSlot(slotOf(list) === 0 ? 1 : 0)}}`);
			await expect(count).rejects.toMatchObject({ ...invalid, cause: { code: "WRONGTYPE" } });
			await expect(hll.add(list, "x")).rejects.toMatchObject({ ...invalid, keys: [list] });
		}
	});

	test("on one server, the error names the keys among which the damaged one is", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const hll = createHyperLogLog(redis, { prefix: `${freshName()}:`, ttlMs: 600_000 });
		const visitors = createUniqueVisitors(redis, { prefix: freshName(), retentionDays: null });
		await hll.add("good", "x");
		const bad = freshName();
		await redis.command(set(bad, "text", { ttlMs: 600_000 }));
		const plain = createHyperLogLog(redis);
		const error: unknown = await plain.count(bad, freshName()).catch((reason: unknown) => reason);
		expect(error).toBeInstanceOf(InvalidHyperLogLogError);
		expect(error).toMatchObject({ keys: expect.arrayContaining([bad]), message: /^One of 2 keys/ });
		await expect(plain.merge(freshName(), bad)).rejects.toMatchObject(invalid);
		await visitors.record("x", { at: "2026-01-01" });
		expect(await visitors.series({ from: "2026-01-01", to: "2026-01-01" })).toHaveLength(1);
	});
});

test("what the server refuses, we refuse; what we take, it counts alike, however the bytes are damaged", async () => {
	const [key, none] = [freshName(), freshName()];
	let taken = 0;
	const damaged = fc.record({
		from: fc.constantFrom("sparse" as const, "dense" as const),
		at: fc.nat(60),
		byte: fc.nat(255),
	});
	await fc.assert(
		fc.asyncProperty(damaged, async ({ from, at, byte }) => {
			// Bytes 8 to 15 cache the count of this key alone, and a dense register above 51 is none that a hash can have.
			const where = at >= 8 && at < 16 ? 4 : from === "dense" && at >= 16 ? 5 : at;
			const value = changed(from === "sparse" ? sparse : dense, where, byte);
			await server.command(set(key, value, { ttlMs: 600_000 }));
			const theirs = await server.command(pfcount([key, none])).catch((error: unknown) => error);
			const registers = new Uint8Array(REGISTERS);
			try {
				raise(registers, key, value);
			} catch (error) {
				expect(error).toBeInstanceOf(InvalidHyperLogLogError);
				expect(theirs).toBeInstanceOf(ServerError);
				return;
			}
			taken += 1;
			expect(estimate(registers)).toBe(theirs);
		}),
		{ numRuns: 200 },
	);
	expect(taken).toBeGreaterThan(10);
});

// Red with registers of five bits, which no count of real elements shows.
test("registers as no set of elements would make them are counted as the server does", async () => {
	const random = chance(7);
	const [key, none] = [freshName(), freshName()];
	for (let n = 0; n < 50; n++) {
		// Made of six bits each, the lowest first; up to 51, which is what 50 bits of hash and one more can be.
		const [least, most] = [Math.floor(random() * 25), Math.floor(random() * 51) + 1];
		const value = Buffer.concat([Buffer.from("HYLL"), Buffer.alloc(12_300)]);
		value[15] = 0x80; // its cached count is not valid
		const registers = new Uint8Array(REGISTERS);
		for (let i = 0; i < REGISTERS; i++) {
			const register = Math.min(51, least + Math.floor(random() * most));
			registers[i] = register;
			const [at, shift] = [16 + Math.floor((i * 6) / 8), (i * 6) % 8];
			value[at] = (value[at] ?? 0) | ((register << shift) & 255);
			if (shift > 2) value[at + 1] = register >> (8 - shift);
		}
		const read = new Uint8Array(REGISTERS);
		raise(read, key, value);
		expect(Buffer.compare(read, registers)).toBe(0);
		await server.command(set(key, value, { ttlMs: 600_000 }));
		expect(estimate(read)).toBe(await server.command(pfcount([key, none])));
	}
});
