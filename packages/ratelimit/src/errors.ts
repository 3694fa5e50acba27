import { RkError } from "@rk/client";

/** Base of the errors of this package. Tell kinds apart by `code`. */
export abstract class RateLimitError extends RkError {
	/** The `name` of the limiter. */
	readonly limiter: string;

	protected constructor(limiter: string, message: string, options?: ErrorOptions) {
		super(message, options);
		this.limiter = limiter;
	}
}

/**
 * Why Redis did not decide. `timeout`: no reply in time; `connection`: none, or lost; `readonly`, `oom`, `loading`,
 * `cluster`, `script`: the server said so (`script`: another script keeps it busy); `breaker`: it failed so often just now that it was not
 * asked; `server`: any other refusal, named by `cause`.
 */
export type Unavailability =
	| "timeout"
	| "connection"
	| "readonly"
	| "oom"
	| "loading"
	| "cluster"
	| "script"
	| "server"
	| "breaker";

/** Redis could not decide, and `onUnavailable` is `throw`. The call may have been counted: `cause` has the outcome. */
export class RateLimitUnavailableError extends RateLimitError {
	override readonly name = "RateLimitUnavailableError";
	override readonly code = "RK_RATELIMIT_UNAVAILABLE";
	readonly kind: Unavailability;

	constructor(limiter: string, kind: Unavailability, cause: unknown) {
		super(limiter, `Redis could not decide for the rate limiter "${limiter}": ${kind}`, { cause });
		this.kind = kind;
	}
}

/** The key holds something that no limiter of this algorithm wrote. It is left as it is. */
export class RateLimitStateError extends RateLimitError {
	override readonly name = "RateLimitStateError";
	override readonly code = "RK_RATELIMIT_STATE";
	/** The key in Redis. */
	readonly key: string;

	constructor(limiter: string, key: string, cause: unknown) {
		super(
			limiter,
			`The key ${JSON.stringify(key)} holds a value that is not of the rate limiter "${limiter}"; it was left as it is`,
			{ cause },
		);
		this.key = key;
	}
}
