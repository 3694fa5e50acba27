import { createHash } from "node:crypto";
import type { RedisPort } from "@rk/client";
import type { TestContext } from "vitest";
import {
	type BloomBackend,
	type BloomFilter,
	type BloomFilterOptions,
	createBloomFilter,
} from "../../src/bloom/index.ts";
import { type Adapter, freshName, open } from "../redis.ts";

/** A server whose module has the commands `BF.*`; without it the tests of that backend are skipped. */
const MODULE_URL = process.env["REDIS_BLOOM_URL"];

export const backends: readonly BloomBackend[] = ["bitfield", "native"];

/** A port to a server on which the backend works. */
export function openFor(
	backend: BloomBackend,
	adapter: Adapter,
	redisUrl: string,
	context: TestContext,
): Promise<RedisPort> {
	if (backend === "bitfield") return open(adapter, redisUrl);
	return MODULE_URL === undefined ? context.skip("REDIS_BLOOM_URL is not given") : open(adapter, MODULE_URL);
}

export function filterOn(redis: RedisPort, options: Partial<BloomFilterOptions> = {}): BloomFilter {
	return createBloomFilter(redis, { name: freshName(), capacity: 1_000, errorRate: 0.01, ...options });
}

/** Two kinds of keys, the same in every run: what spreads one kind well may spread another badly. */
export const families: Readonly<Record<string, (i: number) => string>> = {
	sequential: (i) => `user:${i}`,
	random: (i) => createHash("sha1").update(`seed ${i}`).digest("hex"),
};

/** Keys `from` up to, but not, `to`, some thousands at a time. */
export function* inThousands(key: (i: number) => string, from: number, to: number): Generator<string[]> {
	for (let i = from; i < to; i += 8_000)
		yield Array.from({ length: Math.min(8_000, to - i) }, (_, j) => key(i + j));
}

export const trues = (all: readonly boolean[]): number => all.filter(Boolean).length;
