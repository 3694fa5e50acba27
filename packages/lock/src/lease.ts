import { checkInteger } from "@rk/client";
import { elapsedMs, type Instant } from "./clock.ts";

/** How far the clocks of server and client may run apart. */
export interface Drift {
	/** Part of the time to live, such as 0.01. */
	readonly factor: number;
	/** Milliseconds, whatever the time to live. */
	readonly ms: number;
}

/** The least part of its time to live that a lock must have left when it is handed out. */
const MIN_VALIDITY = 0.1;

/** How long a key that was given this time to live is certainly there, from before it was sent. */
export function validityMs(ttlMs: number, drift: Drift): number {
	return ttlMs - ttlMs * drift.factor - drift.ms;
}

/** Too little is left of a lock that was asked for at `since` for it to be handed out. */
export function isLate(ttlMs: number, drift: Drift, since: Instant, now: Instant): boolean {
	return validityMs(ttlMs, drift) - elapsedMs(since, now) < ttlMs * MIN_VALIDITY;
}

/** @throws {InvalidArgumentError} not whole milliseconds, or so few that the drift leaves nothing for the holder */
export function checkTtl(ttlMs: unknown, drift: Drift): void {
	checkInteger("ttlMs", ttlMs, Math.floor(drift.ms / (1 - drift.factor - MIN_VALIDITY)) + 1);
}

/** Until when a key is certainly there, as far as the holder can know. */
export class Lease {
	#since: Instant;
	#validMs: number;

	/** `since`: a moment before the command was sent. */
	constructor(since: Instant, validMs: number) {
		this.#since = since;
		this.#validMs = validMs;
	}

	/** Milliseconds left; 0 or less once it is over. */
	remainingMs(now: Instant): number {
		return this.#validMs - elapsedMs(this.#since, now);
	}

	/** The later end counts, since an extension never shortens. */
	renew(since: Instant, validMs: number, now: Instant): void {
		if (validMs - elapsedMs(since, now) <= this.remainingMs(now)) return;
		this.#since = since;
		this.#validMs = validMs;
	}
}
