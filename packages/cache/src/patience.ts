import type { Call } from "./call-options.ts";

/** What is left of `ms` to a call that may have waited before. */
export function patienceLeft(ms: number, { waitsSince }: Call, clock: () => number): number {
	return waitsSince === undefined ? ms : Math.max(0, ms - Math.max(0, clock() - waitsSince));
}
