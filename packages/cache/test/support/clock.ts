/**
 * Milliseconds of the machine's monotonic clock, which is one for all its processes: what two of them wrote down can be
 * put in order. It has no date.
 */
export function now(): number {
	return Number(process.hrtime.bigint()) / 1e6;
}
