import { AbortedError, ClosedError, type Command, type RedisPort } from "@rk/client";
import { Breaker } from "./breaker.ts";
import { publish } from "./channel.ts";
import { RateLimitStateError, RateLimitUnavailableError } from "./errors.ts";
import type { Events } from "./events.ts";
import { isForeign, unavailability } from "./unavailability.ts";

/** A port's deadlines are up to 20 ms late: half of that sooner is right on the average. */
const DEADLINE_TICK_MS = 20;

export interface JudgeOptions {
	readonly name: string;
	readonly timeoutMs: number;
	readonly breakerMs: number;
	readonly clock: () => number;
	readonly events: Events;
}

/** Redis as the one who decides, and the news of whether it does. */
export class Judge {
	readonly #redis: RedisPort;
	readonly #options: JudgeOptions;
	readonly #call: { readonly timeoutMs: number };
	readonly #breaker: Breaker;
	#lastFailure: unknown;

	constructor(redis: RedisPort, options: JudgeOptions) {
		this.#redis = redis;
		this.#options = options;
		this.#call = { timeoutMs: options.timeoutMs - DEADLINE_TICK_MS / 2 };
		this.#breaker = new Breaker(options.breakerMs, options.clock);
	}

	/** For how long Redis will not be asked, in milliseconds, at least 1. */
	get resumesInMs(): number {
		return Math.max(1, Math.ceil(this.#breaker.closedForMs || this.#options.breakerMs));
	}

	/**
	 * What `read` makes of the answer, or `otherwise` of the failure: handed in, since each promise behind this one would cost
	 * every decision.
	 *
	 * @throws {RateLimitUnavailableError} Redis could not decide
	 * @throws {RateLimitStateError} a key holds a foreign value
	 * @throws {ClosedError} the port was closed
	 * @throws the signal's reason
	 */
	ask<T, R>(
		command: Command<T>,
		signal: AbortSignal | undefined,
		read: (answer: T) => R,
		otherwise: (error: unknown) => R = rethrow,
	): Promise<R> {
		if (signal?.aborted) return Promise.reject(signal.reason);
		if (!this.#breaker.admits()) {
			const error = new RateLimitUnavailableError(this.#options.name, "breaker", this.#lastFailure);
			return new Promise((resolve) => resolve(otherwise(error)));
		}
		const call = signal === undefined ? this.#call : { ...this.#call, signal };
		return this.#redis.command(command, call).then(
			(answer) => {
				this.#succeeded();
				return read(answer);
			},
			(error: unknown) => otherwise(this.#failure(error)),
		);
	}

	#succeeded(): void {
		const unavailableMs = this.#breaker.succeeded();
		if (unavailableMs === undefined) return;
		const { name, events } = this.#options;
		events.emit("recovered", { unavailableMs });
		publish(() => ({ type: "recovered", limiter: name, unavailableMs }));
	}

	#failure(cause: unknown): unknown {
		const { name, events } = this.#options;
		if (cause instanceof AbortedError) return cause.cause;
		if (isForeign(cause)) return new RateLimitStateError(name, foreignKey(cause), cause);
		// There is nothing to be spared any more, and who asks is to hear why.
		if (cause instanceof ClosedError) this.#breaker.reset();
		const kind = unavailability(cause);
		if (kind === undefined) return cause;
		this.#lastFailure = cause;
		const error = new RateLimitUnavailableError(name, kind, cause);
		if (this.#breaker.failed()) {
			events.emit("unavailable", { error });
			publish(() => ({ type: "unavailable", limiter: name, error }));
		}
		return error;
	}
}

function rethrow(error: unknown): never {
	throw error;
}

function foreignKey(error: Error): string {
	return /^RKSTATE (.*) holds a value/s.exec(error.message)?.[1] ?? "";
}
