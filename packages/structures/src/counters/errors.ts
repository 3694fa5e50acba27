import { RkError } from "@rk/client";

/** The result would be beyond ±(2^53 − 1), where a number is not exact. Nothing was changed. */
export class CounterOverflowError extends RkError {
	override readonly name = "CounterOverflowError";
	override readonly code = "RK_COUNTER_OVERFLOW";
	/** The key in Redis. */
	readonly key: string;

	constructor(key: string) {
		super(`The counter at ${JSON.stringify(key)} would go beyond ±(2^53 − 1), where it is not exact`);
		this.key = key;
	}
}

/** The key holds something other than a whole number within ±(2^53 − 1), or than buckets of them. Nothing was changed. */
export class InvalidCounterError extends RkError {
	override readonly name = "InvalidCounterError";
	override readonly code = "RK_COUNTER_INVALID";
	/** The key in Redis. */
	readonly key: string;

	constructor(key: string, options?: ErrorOptions) {
		super(`The key ${JSON.stringify(key)} holds no counter: whole numbers within ±(2^53 − 1)`, options);
		this.key = key;
	}
}

/** What the server's refusal says about the key, where it says something about it. */
export function explained(error: unknown, key: string): unknown {
	const about = error instanceof RkError && error.code === "WRONGTYPE";
	return about ? new InvalidCounterError(key, { cause: error }) : error;
}
