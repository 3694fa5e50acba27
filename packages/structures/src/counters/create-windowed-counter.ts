import {
	type Command,
	checkInteger,
	checkKnown,
	checkPort,
	InvalidArgumentError,
	type RedisPort,
} from "@rk/client";
import { CounterOverflowError, explained, InvalidCounterError } from "./errors.ts";
import { keyOf, MOST } from "./exact.ts";
import { type Buckets, bucketsScript, dropFutureScript, recordScript } from "./scripts.ts";

/** All of them are read at once. */
const MOST_BUCKETS = 3_600;

export interface WindowedCounterOptions {
	/**
	 * The counter is at the key `window:<name>`, the name percent-encoded as by `makeKey`: a hash of buckets, which lives as long as one
	 * of them counts. All who use a name must agree on `bucketMs` and `windowMs`: buckets of another length cannot be told apart, and a
	 * shorter window drops what a longer one still counts. To change them, take another name.
	 */
	readonly name: string;
	/** How long a bucket is, in whole milliseconds: what is counted in one of them is told apart no further. */
	readonly bucketMs: number;
	/** How far back can be asked, in whole milliseconds: up to 3 600 buckets. */
	readonly windowMs: number;
}

export interface Bucket {
	/** When it began, Unix time in milliseconds of the server. */
	readonly startMs: number;
	readonly count: number;
}

/** How much happened lately, by the server's clock. All reject with an InvalidCounterError when the key holds something else. */
export interface WindowedCounter {
	/**
	 * Counts now. When it fails with the outcome `unknown`, it may have counted.
	 *
	 * @param by default 1
	 * @throws {CounterOverflowError} the bucket would go beyond 2^53 − 1; nothing has changed
	 */
	record(by?: number): Promise<void>;
	/**
	 * What was counted in the last `windowMs` (default: the option's), rounded: the oldest bucket, which the window begins in, is
	 * taken to have been filled evenly. Exact but for that bucket.
	 *
	 * What was counted more than a bucket ahead of the server's clock, which was set back since, does not count, and is dropped.
	 *
	 * @throws {CounterOverflowError} all buckets together are beyond 2^53 − 1
	 */
	count(windowMs?: number): Promise<number>;
	/**
	 * The buckets of the window, oldest first, those with nothing included; the last is still being filled, and has what was counted up
	 * to a bucket ahead of the clock.
	 */
	series(): Promise<Bucket[]>;
}

/**
 * A counter of the last minutes or hours, in one key.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
export function createWindowedCounter(redis: RedisPort, options: WindowedCounterOptions): WindowedCounter {
	checkPort("redis", redis);
	checkKnown("", options, ["name", "bucketMs", "windowMs"]);
	const { name, bucketMs, windowMs } = options;
	const key = keyOf("window", name);
	checkInteger("bucketMs", bucketMs, 1);
	checkInteger("windowMs", windowMs, bucketMs);
	const buckets = windowMs / bucketMs;
	if (!Number.isInteger(buckets) || buckets > MOST_BUCKETS)
		throw new InvalidArgumentError("windowMs", windowMs, `1 to ${MOST_BUCKETS} times bucketMs`);

	const run = async <T>(command: Command<T>): Promise<T> => {
		try {
			return await redis.command(command);
		} catch (error) {
			throw explained(error, key);
		}
	};
	const read = async (): Promise<Buckets> => {
		const { nowMs, counts } = await run(bucketsScript([key]));
		if (![...counts].flat().every(Number.isSafeInteger)) throw new InvalidCounterError(key);
		// Buckets of the server's future: its clock was set back, or another server became the master.
		const [last, past] = [Math.floor(nowMs / bucketMs) + 1, new Map(counts)];
		for (const bucket of counts.keys()) if (bucket > last) past.delete(bucket);
		// What was read is right without it.
		if (past.size < counts.size) await run(dropFutureScript([key], [String(bucketMs)])).catch(() => {});
		return { nowMs, counts: past };
	};
	const countIn = (window: number, { nowMs, counts }: Buckets): number => {
		const from = nowMs - window;
		let sum = 0;
		for (const [bucket, count] of counts) {
			const start = bucket * bucketMs;
			// The last one is still being filled.
			const filled = Math.min(bucketMs, nowMs - start);
			const inside = start + filled - from;
			if (inside > 0) sum += inside >= filled ? count : (count * inside) / filled;
		}
		if (sum > MOST) throw new CounterOverflowError(key);
		return Math.round(sum);
	};

	return Object.freeze({
		record: async (by = 1) => {
			checkInteger("by", by, 1);
			const recorded = await run(recordScript([key], [by, bucketMs, buckets + 1].map(String)));
			if (recorded === -1) throw new CounterOverflowError(key);
			if (recorded === -2) throw new InvalidCounterError(key);
		},
		count: async (window = windowMs) => {
			checkInteger("windowMs", window, 1, windowMs);
			return countIn(window, await read());
		},
		series: async () => {
			const { nowMs, counts } = await read();
			const last = Math.floor(nowMs / bucketMs);
			return Array.from({ length: buckets }, (_, i) => {
				const bucket = last - buckets + 1 + i;
				const count = counts.get(bucket) ?? 0;
				// What is a bucket ahead of the clock has happened, too.
				const ahead = bucket === last ? (counts.get(last + 1) ?? 0) : 0;
				return { startMs: bucket * bucketMs, count: count + ahead };
			});
		},
	});
}
