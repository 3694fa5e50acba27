import { InvalidArgumentError } from "@rk/client";
import type { CombinedCall, CombinedLimiter } from "../combine.ts";
import type { Decision } from "../decision.ts";
import type { LimitOptions, RateLimiter, Subject } from "../limiter.ts";

/** What can stand before a service: a limiter, or several of them as one, made by `combine`. */
export type Limits = RateLimiter | CombinedLimiter<readonly RateLimiter[]>;

/** What says whom to charge: a limiter's subject; for several as one, a call for each of them. */
export type KeyOf<Limiter extends Limits> =
	Limiter extends CombinedLimiter<infer Limiters>
		? { readonly [I in keyof Limiters]: CombinedCall }
		: Subject;

/** A request's charge. */
export interface Charged {
	readonly allowed: boolean;
	readonly retryAfterMs: number | null;
	/** Of each limiter. */
	readonly decisions: readonly Decision[];
	/** Gives back what was charged to those limiters whose decision still counts. */
	refund(counts: (decision: Decision) => boolean): Promise<void>;
}

type CallOptions = Omit<LimitOptions, "signal">;

/** Charges a request to those whom the key names, with these options where the key has none of its own. */
export async function chargeTo(
	limiter: Limits,
	key: Subject | readonly CombinedCall[],
	options: CallOptions & { readonly cost: number },
): Promise<Charged> {
	if ("policy" in limiter && !isCalls(key)) {
		const { cost, ...others } = options;
		const decision = await limiter.limit(key, options);
		const { allowed, retryAfterMs } = decision;
		return {
			...{ allowed, retryAfterMs, decisions: [decision] },
			refund: async (counts) => {
				if (counts(decision)) await limiter.refund(key, cost, others);
			},
		};
	}
	if (!("policy" in limiter) && isCalls(key)) {
		const calls = key.map((call) => ({ ...options, ...call }));
		const { allowed, retryAfterMs, decisions } = await limiter.limit(calls);
		return {
			...{ allowed, retryAfterMs, decisions },
			refund: (counts) => {
				const still = decisions.map(counts);
				return limiter.refund(calls.map((call, i) => (still[i] ? call : null)));
			},
		};
	}
	const allowed =
		"policy" in limiter
			? "a subject, as the limiter is one"
			: "an array of calls, { subject }, as the limiter is combined";
	throw new InvalidArgumentError("key", key, allowed);
}

function isCalls(key: Subject | readonly CombinedCall[]): key is readonly CombinedCall[] {
	return Array.isArray(key) && key.every((call) => typeof call === "object");
}
