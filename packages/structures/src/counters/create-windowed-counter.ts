import {
	type Command,
	checkInteger,
	checkKnown,
	checkPort,
	InvalidArgumentError,
	type RedisPort,
} from "@rk/client";
import { explained } from "./errors.ts";
import { keyOf } from "./exact.ts";
import { type Buckets, bucketsScript, recordScript } from "./scripts.ts";

/** All of them are read at once. */
const MOST_BUCKETS = 3_600;

export interface WindowedCounterOptions {
	/** The counter is at the key `window:<name>`, a hash of buckets, which lives as long as one of them counts. */
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

/** How much happened lately, by the server's clock. */
export interface WindowedCounter {
	/** Counts now. When it fails with the outcome `unknown`, it may have counted. @param by default 1 */
	record(by?: number): Promise<void>;
	/**
	 * What was counted in the last `windowMs` (default: the option's), rounded: the oldest bucket, which the window begins in, is
	 * taken to have been filled evenly. Exact but for that bucket.
	 */
	count(windowMs?: number): Promise<number>;
	/** The buckets of the window, oldest first, those with nothing included; the last is still being filled. */
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
	const countIn = (window: number, { nowMs, counts }: Buckets): number => {
		const from = nowMs - window;
		let sum = 0;
		for (const [bucket, count] of counts) {
			// A bucket of the server's future: its clock was set back, or another server became the master.
			if (bucket > Math.floor(nowMs / bucketMs) + 1) continue;
			const start = bucket * bucketMs;
			// The last one is still being filled.
			const filled = Math.min(bucketMs, nowMs - start);
			const inside = start + filled - from;
			if (inside > 0) sum += inside >= filled ? count : (count * inside) / filled;
		}
		return Math.round(sum);
	};

	return Object.freeze({
		record: (by = 1) => {
			checkInteger("by", by, 1);
			return run(recordScript([key], [by, bucketMs, buckets + 1].map(String)));
		},
		count: (window = windowMs) => {
			checkInteger("windowMs", window, 1, windowMs);
			return run(bucketsScript([key])).then((read) => countIn(window, read));
		},
		series: async () => {
			const { nowMs, counts } = await run(bucketsScript([key]));
			const last = Math.floor(nowMs / bucketMs);
			return Array.from({ length: buckets }, (_, i) => {
				const bucket = last - buckets + 1 + i;
				return { startMs: bucket * bucketMs, count: counts.get(bucket) ?? 0 };
			});
		},
	});
}
