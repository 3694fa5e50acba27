/** `RK_LOCK_LONG=1 pnpm test --project @rk/lock`, by hand: the numbers of a soak, and figures that are printed. */
const long = process.env["RK_LOCK_LONG"] !== undefined;

/** How often a test does what it does: usually, and in a long run. */
export function times(usually: number, inLongRun: number): number {
	return long ? inLongRun : usually;
}

/** How long a test may take that does so much more in a long run. */
export const TIMEOUT_MS: number = long ? 3_600_000 : 60_000;

/** Prints a figure that no test may depend on. */
export function report(line: string): void {
	if (long) process.stdout.write(`${line}\n`);
}
