/** So many failures in a row open it. */
const FAILURES = 5;

/**
 * Spares a Redis that does not answer, and those who would wait for it: after some failures in a row it lets one call through in each
 * pause, until one succeeds. No timer: it looks at the clock when it is asked.
 */
export class Breaker {
	readonly #pauseMs: number;
	readonly #now: () => number;
	#failures = 0;
	#failingSince = 0;
	#nextTryAt = 0;

	constructor(pauseMs: number, now: () => number) {
		this.#pauseMs = pauseMs;
		this.#now = now;
	}

	/** May the call go to Redis? If it may while the breaker is open, it is the one that tries. */
	admits(): boolean {
		if (this.#failures < FAILURES) return true;
		const now = this.#now();
		if (now < this.#nextTryAt) return false;
		this.#nextTryAt = now + this.#pauseMs;
		return true;
	}

	/** For how long no further call goes to Redis, in milliseconds. */
	get closedForMs(): number {
		return Math.max(0, this.#failures < FAILURES ? 0 : this.#nextTryAt - this.#now());
	}

	/** True if it is the first failure since the last success. */
	failed(): boolean {
		this.#failures += 1;
		if (this.#failures === FAILURES) this.#nextTryAt = this.#now() + this.#pauseMs;
		if (this.#failures > 1) return false;
		this.#failingSince = this.#now();
		return true;
	}

	/** How long it had failed, in milliseconds; `undefined` if it had not. */
	succeeded(): number | undefined {
		if (this.#failures === 0) return undefined;
		this.reset();
		return this.#now() - this.#failingSince;
	}

	/** Forgets the failures. */
	reset(): void {
		this.#failures = 0;
	}
}
