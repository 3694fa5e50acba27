/** What is left of `ms` to one who has waited since then (Unix ms); `undefined`: he only begins to. */
export function patienceLeft(ms: number, waitsSince: number | undefined, clock: () => number): number {
	return waitsSince === undefined ? ms : Math.max(0, ms - Math.max(0, clock() - waitsSince));
}
