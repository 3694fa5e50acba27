import { CommandError, ServerError } from "@rk/client";

export type BreakerState = "closed" | "open" | "half-open";

export interface BreakerLimits {
	readonly failures: number;
	readonly windowMs: number;
	readonly coolDownMs: number;
}

/** Answers of a server that is there, but does not serve for now. */
const UNAVAILABLE: ReadonlySet<string> = new Set([
	"BUSY",
	"CLUSTERDOWN",
	"LOADING",
	"MASTERDOWN",
	"MISCONF",
	"NOREPLICAS",
	"READONLY",
	"TRYAGAIN",
	"UNKILLABLE",
]);

/** It is Redis that fails, not this one command, key or value. */
export function isUnavailable(error: unknown): boolean {
	if (!(error instanceof CommandError)) return false;
	if (error instanceof ServerError) return UNAVAILABLE.has(error.code);
	return error.code === "RK_TIMEOUT" || error.code === "RK_CONNECTION" || error.code === "RK_CLOSED";
}

/**
 * Spares a Redis that fails, and those who would wait for it: open, it lets nobody through for a while, and then one at a time. No timer:
 * it looks at the clock when it is asked.
 */
export class Breaker {
	readonly #limits: BreakerLimits;
	readonly #clock: () => number;
	readonly #changed: (state: BreakerState) => void;
	#state: BreakerState = "closed";
	#failures = 0;
	/** Of the first failure that counts, or when it opened. */
	#since = 0;

	constructor(limits: BreakerLimits, clock: () => number, changed: (state: BreakerState) => void) {
		this.#limits = limits;
		this.#clock = clock;
		this.#changed = changed;
	}

	get state(): BreakerState {
		return this.#state;
	}

	/** May a call go to Redis? While it is open, the one that may is the one that tries. */
	admits(): boolean {
		if (this.#state === "closed") return true;
		if (this.#clock() - this.#since < this.#limits.coolDownMs) return false;
		this.#since = this.#clock();
		this.#turn("half-open");
		return true;
	}

	failed(): void {
		const now = this.#clock();
		if (this.#state !== "closed") {
			this.#since = now;
			this.#turn("open");
			return;
		}
		if (this.#failures === 0 || now - this.#since > this.#limits.windowMs) {
			this.#failures = 0;
			this.#since = now;
		}
		this.#failures += 1;
		if (this.#failures < this.#limits.failures) return;
		this.#since = now;
		this.#turn("open");
	}

	succeeded(): void {
		if (this.#state === "closed") return;
		this.#failures = 0;
		this.#turn("closed");
	}

	#turn(state: BreakerState): void {
		if (this.#state === state) return;
		this.#state = state;
		this.#changed(state);
	}
}
