import { AbortedError, type Command, type RedisPort } from "@rk/client";
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
	 * @throws {RateLimitUnavailableError} Redis could not decide
	 * @throws {RateLimitStateError} a key holds a foreign value
	 * @throws the signal's reason
	 */
	ask<T>(command: Command<T>, signal: AbortSignal | undefined): Promise<T> {
		if (signal?.aborted) return Promise.reject(signal.reason);
		if (!this.#breaker.admits())
			return Promise.reject(new RateLimitUnavailableError(this.#options.name, "breaker", this.#lastFailure));
		const call = signal === undefined ? this.#call : { ...this.#call, signal };
		return this.#redis.command(command, call).then(this.#succeeded, this.#failed);
	}

	readonly #succeeded = <T>(result: T): T => {
		const unavailableMs = this.#breaker.succeeded();
		if (unavailableMs !== undefined) {
			const { name, events } = this.#options;
			events.emit("recovered", { unavailableMs });
			publish(() => ({ type: "recovered", limiter: name, unavailableMs }));
		}
		return result;
	};

	readonly #failed = (error: unknown): never => {
		throw this.#failure(error);
	};

	#failure(cause: unknown): unknown {
		const { name, events } = this.#options;
		if (cause instanceof AbortedError) return cause.cause;
		if (isForeign(cause)) return new RateLimitStateError(name, foreignKey(cause), cause);
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

function foreignKey(error: Error): string {
	return /^RKSTATE (.*) holds a value/s.exec(error.message)?.[1] ?? "";
}
