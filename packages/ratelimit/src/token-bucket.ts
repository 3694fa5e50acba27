import { checkInteger, checkKnown } from "@rk/client";
import { type Gcra, gcra } from "./gcra.ts";
import { per } from "./rate.ts";

export interface TokenBucketOptions {
	/** Tokens that the bucket holds, and has at first. */
	readonly capacity: number;
	/** Tokens that flow in, evenly, in that time. */
	readonly refill: { readonly tokens: number; readonly everyMs: number };
}

/**
 * A bucket that fills continuously and from which each unit takes a token: {@link gcra} in other words, with the same state in Redis.
 *
 * @throws {InvalidArgumentError} as {@link gcra} does
 */
export function tokenBucket(options: TokenBucketOptions): Gcra {
	checkKnown("tokenBucket", options, ["capacity", "refill"]);
	checkKnown("refill", options.refill, ["tokens", "everyMs"]);
	const { capacity, refill } = options;
	checkInteger("capacity", capacity, 1, 1e9);
	checkInteger("refill.tokens", refill.tokens, 1, 1e9);
	checkInteger("refill.everyMs", refill.everyMs, 1);
	return gcra({ rate: per(refill.tokens, refill.everyMs), burst: capacity });
}
