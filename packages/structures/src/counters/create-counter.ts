import { type Command, checkInteger, checkKnown, checkPort, get, getdel, type RedisPort } from "@rk/client";
import { CounterOverflowError, explained, InvalidCounterError } from "./errors.ts";
import { checkExact, exact, keyOf, MOST } from "./exact.ts";
import { addScript, type Replaced, setScript } from "./scripts.ts";

export interface CounterOptions {
	/** The counter is at the key `counter:<name>`, the name percent-encoded as by `makeKey` (`counter:page%3Ahome`), as a plain number. */
	readonly name: string;
	/**
	 * How long it lives, counted from when its key is made, in whole milliseconds; that is one step with the first change. Nothing
	 * but `reset()` begins it anew.
	 * @default none: it stays until it is reset
	 */
	readonly ttlMs?: number;
	/** No change takes it below this. @default none */
	readonly min?: number;
	/** No change takes it above this. @default none */
	readonly max?: number;
}

/**
 * A counter that all processes share, exact within ±(2^53 − 1). What does not fit its bounds is denied: the result is `null`, and
 * nothing has changed.
 *
 * Each call is one round trip and one step; a call that changes it is never sent twice. When it fails with the outcome `unknown`, it
 * may have counted.
 *
 * All reject with a CounterOverflowError rather than go beyond ±(2^53 − 1), and with an InvalidCounterError when the key holds
 * something else.
 */
export interface Counter<Denied extends null = never> {
	/** Adds (`by` may be negative), and gives the new value; `null`: that would be out of the counter's bounds. @param by default 1 */
	increment(by?: number): Promise<number | Denied>;
	/** Takes away, likewise. @param by default 1 */
	decrement(by?: number): Promise<number | Denied>;
	/**
	 * Adds, unless the sum is above `cap` (or out of the counter's bounds): then `null`, and nothing has changed. No sum above `cap`
	 * is ever given, not even one that comes nearer to it.
	 */
	incrementWithCap(by: number, cap: number): Promise<number | null>;
	/** 0, if there is no such key. */
	get(): Promise<number>;
	/** `null`, if there is no such key. */
	getOrNull(): Promise<number | null>;
	/** @throws {InvalidArgumentError} out of the counter's bounds */
	set(value: number): Promise<void>;
	/** Sets, and gives what was there before; `null` for nothing. */
	getSet(value: number): Promise<number | null>;
	/** Sets if it is `expected`, where `null` is no such key. `false`: it is not, and nothing has changed. */
	compareAndSet(expected: number | null, value: number): Promise<boolean>;
	/** Deletes the key, and gives the number that was there; `null` for nothing, or no number. */
	reset(): Promise<number | null>;
}

/**
 * A counter. With `min` or `max`, an increment may be denied, and its result is `null` then.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
export function createCounter(
	redis: RedisPort,
	options: CounterOptions & { readonly min?: never; readonly max?: never },
): Counter;
export function createCounter(redis: RedisPort, options: CounterOptions): Counter<null>;
export function createCounter(redis: RedisPort, options: CounterOptions): Counter<null> {
	checkPort("redis", redis);
	checkKnown("", options, ["name", "ttlMs", "min", "max"]);
	const { name, ttlMs, min = -MOST, max = MOST } = options;
	const key = keyOf("counter", name);
	if (ttlMs !== undefined) checkInteger("ttlMs", ttlMs, 1);
	checkExact("max", max);
	checkExact("min", min, -MOST, max);
	const ttl = ttlMs === undefined ? "" : String(ttlMs);

	const run = async <T>(command: Command<T>): Promise<T> => {
		try {
			return await redis.command(command);
		} catch (error) {
			throw explained(error, key);
		}
	};
	const add = async (by: number, ...cap: number[]): Promise<number | null> => {
		const sum = await run(addScript([key], [...[by, min, max].map(String), ttl, ...cap.map(String)]));
		if (sum === "inexact") throw new CounterOverflowError(key);
		if (sum === "no-counter") throw new InvalidCounterError(key);
		return sum === "out-of-bounds" ? null : sum;
	};
	const read = async (): Promise<number | null> => {
		const value = await run(get(key));
		const number = value === null ? null : exact(value);
		if (number === undefined) throw new InvalidCounterError(key);
		return number;
	};
	const put = async (value: number, ...onlyIf: string[]): Promise<Exclude<Replaced, string>> => {
		const replaced = await run(setScript([key], [String(value), ttl, ...onlyIf]));
		if (replaced === "no-counter") throw new InvalidCounterError(key);
		return replaced;
	};
	const checkValue = (value: number): void => checkExact("value", value, min, max);

	return Object.freeze({
		increment: async (by = 1) => {
			checkExact("by", by);
			return add(by);
		},
		decrement: async (by = 1) => {
			checkExact("by", by);
			return add(-by);
		},
		incrementWithCap: async (by: number, cap: number) => {
			checkExact("by", by);
			checkExact("cap", cap);
			return add(by, cap);
		},
		get: async () => (await read()) ?? 0,
		getOrNull: read,
		set: async (value: number) => {
			checkValue(value);
			await put(value);
		},
		getSet: async (value: number) => {
			checkValue(value);
			return (await put(value)).before;
		},
		compareAndSet: async (expected: number | null, value: number) => {
			if (expected !== null) checkExact("expected", expected);
			checkValue(value);
			return (await put(value, expected === null ? "" : String(expected))).done;
		},
		reset: async () => exact((await run(getdel(key))) ?? "") ?? null,
	});
}
