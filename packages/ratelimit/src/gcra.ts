import { checkInteger, checkKnown, InvalidArgumentError } from "@rk/client";
import type { Counting, Standing } from "./algorithm.ts";
import { type Answer, grantedBy, textAt, timeUs } from "./answer.ts";
import { GcraAccount } from "./models/gcra.ts";
import { LONGEST_MS, per, type Rate } from "./rate.ts";

export interface GcraOptions {
	/** The even pace at which units come back: `perSecond(10)`. */
	readonly rate: Rate;
	/** Units that fit at once, after a pause long enough. In any time t at most `burst + ⌊rate × t⌋` are allowed. @default the rate's units */
	readonly burst?: number;
}

/** In lowest terms, one unit comes back every `p / r` microseconds. */
export interface Gcra extends Counting<"gcra"> {
	readonly p: number;
	readonly r: number;
}

/** With `burst` up to 10^9 all products stay below 2^53, in Lua and here. */
const LARGEST_R = 9_000_000;

/**
 * The generic cell rate algorithm: an even rate with a burst, exact to the microsecond, in one number per subject. The one to take
 * when nothing speaks for another.
 *
 * @throws {InvalidArgumentError} not whole numbers; a burst that takes more than 366 days to come back; a rate that in lowest
 * terms has more than 9 000 000 units, as 10 000 019 per second has
 * @see https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
 */
export function gcra(options: GcraOptions): Gcra {
	checkKnown("gcra", options, ["rate", "burst"]);
	checkKnown("rate", options.rate, ["units", "periodMs"]);
	const { units, periodMs } = per(options.rate.units, options.rate.periodMs);
	const { burst = units } = options;
	checkInteger("burst", burst, 1, 1e9);
	return exactly(burst, periodMs * 1_000, units);
}

function exactly(burst: number, periodUs: number, units: number): Gcra {
	const common = commonDivisor(periodUs, units);
	const p = periodUs / common;
	const r = units / common;
	if (r > LARGEST_R)
		throw new InvalidArgumentError("rate", r, `${LARGEST_R} units or fewer, in lowest terms`);
	const windowMs = (burst * (p / r)) / 1_000;
	if (windowMs > LONGEST_MS)
		throw new InvalidArgumentError("burst", burst, "a burst that comes back within 366 days");
	const whole = Math.floor(p / r);
	const part = p % r;

	/** The time of n units: whole microseconds, and r-ths. */
	const timeOf = (n: number): [q: number, rest: number] => {
		const parts = n * part;
		return [n * whole + Math.floor(parts / r), parts % r];
	};
	const fits = (n: number, q: number, rest: number): boolean => {
		const parts = n * part;
		const nq = n * whole + Math.floor(parts / r);
		return nq < q || (nq === q && parts % r <= rest);
	};
	const [full, fullRest] = timeOf(burst);

	const read = (answer: Answer, wanted: number): Standing => {
		// The time at which all is free: 16 digits of microseconds, the mark, and :r where r is not 0.
		const state = textAt(answer, 3);
		let q = Number(state.slice(0, 16)) - timeUs(answer);
		let rest = state.length > 20 ? Number(state.slice(20)) : 0;
		if (q < 0) q = rest = 0;
		let freeRest = fullRest - rest;
		const free = full - q - (freeRest < 0 ? 1 : 0);
		if (freeRest < 0) freeRest += r;
		let remaining = Math.floor(((free + freeRest / r) / p) * r);
		while (!fits(remaining, free, freeRest)) remaining -= 1;
		while (fits(remaining + 1, free, freeRest)) remaining += 1;
		let retryAfterUs: number | null = null;
		if (wanted <= remaining) retryAfterUs = 0;
		else if (wanted <= burst) {
			const [needed, neededRest] = timeOf(wanted);
			retryAfterUs = needed - free + (neededRest > freeRest ? 1 : 0);
		}
		return { granted: grantedBy(answer), remaining, retryAfterUs, resetAfterUs: q + (rest > 0 ? 1 : 0) };
	};

	return Object.freeze({
		kind: "gcra" as const,
		limit: burst,
		windowMs,
		p,
		r,
		words: [String(burst), String(p), String(r), markOf(burst, p, r)],
		read,
		open: () => new GcraAccount(),
		share: (part: number) => {
			const unitUs = Math.min(p / r / part, LONGEST_MS * 1_000);
			const scale = unitUs > 1e9 ? 1 : 1_000;
			return exactly(Math.max(1, Math.floor(burst * part)), Math.max(1, Math.round(unitUs * scale)), scale);
		},
	});
}

function commonDivisor(a: number, b: number): number {
	return b === 0 ? a : commonDivisor(b, a % b);
}

/**
 * Three digits that stand for a limit in the state, which thereby stays an integer of 64 bits and small. Where a deployment
 * changes a limit and the marks are the same by chance (1 in 1000), the time owed carries over instead of nothing being free.
 */
function markOf(...numbers: readonly number[]): string {
	let hash = 2_166_136_261;
	for (const letter of numbers.join()) hash = Math.imul(hash ^ letter.charCodeAt(0), 16_777_619);
	return String((hash >>> 0) % 1_000).padStart(3, "0");
}
