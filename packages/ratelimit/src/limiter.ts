import type { Algorithm } from "./algorithm.ts";
import type { Decision, Policy } from "./decision.ts";
import type { LimiterEvents } from "./events.ts";

/**
 * Who or what is limited: `"user:42"`, or several parts, of which the first decides the slot in a cluster:
 * `["tenant:7", "user:42"]` can be combined with `"tenant:7"`.
 */
export type Subject = string | readonly [tag: string, ...rest: string[]];

export interface LimitOptions {
	/** Units to charge: a whole number, 1 or more. More than ever fits is denied with `retryAfterMs: null`. @default 1 */
	readonly cost?: number;
	/**
	 * The limit for this call instead of the limiter's own, of the same algorithm. What is free is carried over, so that calls
	 * which alternate between limits never get more than the largest rate and burst of them. Windows must be as long as the limiter's.
	 */
	readonly limit?: Algorithm;
	/** The call rejects with the signal's reason. It may have been counted if it was under way. */
	readonly signal?: AbortSignal;
}

export interface BlockOptions {
	/** Comes back in the denials as `blockReason`. @default none */
	readonly reason?: string;
	readonly signal?: AbortSignal;
}

/**
 * Limits, one for each subject. Every call is one round trip, decided by the server's clock.
 *
 * A denial is a value. Where Redis cannot decide, `onUnavailable` does; the calls that only change something (refund,
 * penalize, block, unblock, reset) reject then, whatever it says, with a RateLimitUnavailableError.
 */
export interface RateLimiter {
	/** The limit it applies, for headers. */
	readonly policy: Policy;

	/** Charges `cost` units if they fit, and nothing otherwise. @throws {RateLimitStateError} the key holds a foreign value */
	limit(subject: Subject, options?: LimitOptions): Promise<Decision>;

	/** Charges as many of `units` as fit, which `granted` tells: allowed if that is one or more. */
	limitUpTo(subject: Subject, units: number, options?: Omit<LimitOptions, "cost">): Promise<Decision>;

	/** What {@link limit} would say now. Charges nothing. */
	peek(subject: Subject, options?: LimitOptions): Promise<Decision>;

	/**
	 * Gives back units that were charged; never more than are charged now, so that it cannot make credit.
	 *
	 * Do so within the `resetAfterMs` of the decision that charged them. After it, time has given them back already, as when a window has
	 * begun anew, and the refund takes as many from what was charged since.
	 */
	refund(subject: Subject, units: number, options?: Omit<LimitOptions, "cost">): Promise<void>;

	/** Charges units that nobody asked for, down to nothing left. To keep somebody out for longer, {@link block}. */
	penalize(subject: Subject, units: number, options?: Omit<LimitOptions, "cost">): Promise<void>;

	/** Denies everything for that time, in place of an earlier block. What was charged stays. */
	block(subject: Subject, durationMs: number, options?: BlockOptions): Promise<void>;

	/** Ends a block. */
	unblock(subject: Subject): Promise<void>;

	/** Forgets what was charged. A block stays. */
	reset(subject: Subject): Promise<void>;

	/** Calls back until the returned function is called. What a listener throws becomes a process warning. */
	on<E extends keyof LimiterEvents>(event: E, listener: (info: LimiterEvents[E]) => void): () => void;
}
