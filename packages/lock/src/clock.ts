/** The two clocks of a process. Replace it where time must be told to go otherwise, as in tests. */
export interface Clock {
	/** Milliseconds since some fixed point; it never goes back, but may stand still while the machine sleeps. */
	monotonicMs(): number;
	/** Unix time in milliseconds; it goes on while the machine sleeps, but may be set. */
	wallMs(): number;
}

export const systemClock: Clock = Object.freeze({
	monotonicMs: () => performance.now(),
	wallMs: () => Date.now(),
});

/** A moment on both clocks. */
export interface Instant {
	readonly monotonicMs: number;
	readonly wallMs: number;
}

export function instant(clock: Clock): Instant {
	return { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() };
}

/** Milliseconds between them, by the clock on which more has passed: one stands still in a suspend, the other may be set back. */
export function elapsedMs(since: Instant, now: Instant): number {
	return Math.max(now.monotonicMs - since.monotonicMs, now.wallMs - since.wallMs);
}
