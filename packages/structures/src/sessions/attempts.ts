/** Fifty that write the same session at once need about half as many in turn; more are a fault. */
export const MOST_ATTEMPTS = 100;

const LONGEST_PAUSE_MS = 50;

/** How long to wait after that many attempts in vain, at random, so that those who met do not meet again. */
export function pauseAfter(attempts: number, random: () => number): number {
	return Math.min(LONGEST_PAUSE_MS, 2 ** attempts) * random();
}
