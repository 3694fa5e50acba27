/** A limit in the words of the `RateLimit-Policy` header: so many units in so much time. */
export interface Policy {
	/** The limiter's `name`. */
	readonly name: string;
	/** Units that fit at once: `burst`, `capacity` or `limit`. */
	readonly limit: number;
	/** The time in which `limit` units come back, in milliseconds; for a window, its length. Not always a whole number. */
	readonly windowMs: number;
}

/**
 * Who decided: `redis`; `deny-cache`, this process, which was told so by Redis before; `fallback`, the counter in memory
 * that stands in for Redis; `policy`, nobody: `onUnavailable` says `allow` or `deny`.
 */
export type DecisionSource = "redis" | "deny-cache" | "fallback" | "policy";

/**
 * Why not: `limited`, too much for now; `cost_exceeds_limit`, more than ever fits; `blocked`, by {@link RateLimiter.block};
 * `unavailable`, Redis is, and `onUnavailable` is `deny`.
 */
export type DenialReason = "limited" | "cost_exceeds_limit" | "blocked" | "unavailable";

interface Decided {
	/** The limit that was applied: the limiter's own, or the call's. */
	readonly policy: Policy;
	/** `policy.limit`. */
	readonly limit: number;
	/** Units that would still be allowed now; 0 where nobody counted (`source` is `policy`) or the subject is blocked. */
	readonly remaining: number;
	/** When all of the limit is there again, in milliseconds, rounded up. */
	readonly resetAfterMs: number;
	/** Units that were asked for. */
	readonly cost: number;
	/** Units that were charged, all or nothing but for {@link RateLimiter.limitUpTo}; for a peek, those that could be. */
	readonly granted: number;
	readonly source: DecisionSource;
}

export interface Allowed extends Decided {
	readonly allowed: true;
	readonly retryAfterMs: 0;
}

export interface Denied extends Decided {
	readonly allowed: false;
	/**
	 * The same call made this many milliseconds later succeeds if nothing else was allowed meanwhile, and not a millisecond
	 * before. At least 1; `null` is never.
	 */
	readonly retryAfterMs: number | null;
	readonly reason: DenialReason;
	/** What {@link RateLimiter.block} was given as the reason. */
	readonly blockReason?: string;
	/** The names of the limits that denied it. */
	readonly violated: readonly string[];
}

/** The answer to "may this happen now?". A denial is an answer, never an error. */
export type Decision = Allowed | Denied;
