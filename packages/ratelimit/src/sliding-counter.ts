import { checkInteger, checkKnown, InvalidArgumentError } from "@rk/client";
import type { Counting } from "./algorithm.ts";
import { type Answer, grantedBy, textAt, timeUs } from "./answer.ts";
import { SlidingCounterAccount } from "./models/sliding-counter.ts";
import { LONGEST_MS } from "./rate.ts";

export interface SlidingCounterOptions {
	/** Units in any window. */
	readonly limit: number;
	readonly windowMs: number;
	/** Into how many buckets the window is divided, 1 to 60. More are finer, and cost some bytes each. @default 10 */
	readonly buckets?: number;
	/**
	 * `hard`: never more than `limit` in any window; units count for up to one bucket longer than the window. `approximate`: the
	 * oldest bucket counts by the part that is within the window, right on the average, with up to nearly twice the limit in a
	 * window at worst, however many buckets there are.
	 * @default "hard"
	 */
	readonly bound?: "hard" | "approximate";
}

export interface SlidingCounter extends Counting<"sliding-counter"> {
	readonly windowUs: number;
	readonly layout: string;
	readonly buckets: number;
	readonly widthUs: number;
	readonly bound: "hard" | "approximate";
}

const BOUNDS: readonly unknown[] = ["hard", "approximate"];

/**
 * Counts in buckets: a sliding window in some bytes, whatever the limit.
 *
 * @throws {InvalidArgumentError} not whole numbers, a window beyond 366 days, or with the approximate bound a limit times a bucket's
 * microseconds beyond 2^53
 */
export function slidingCounter(options: SlidingCounterOptions): SlidingCounter {
	checkKnown("slidingCounter", options, ["limit", "windowMs", "buckets", "bound"]);
	const { limit, windowMs, buckets = 10, bound = "hard" } = options;
	checkInteger("limit", limit, 1, 1e9);
	checkInteger("windowMs", windowMs, 1, LONGEST_MS);
	checkInteger("buckets", buckets, 1, 60);
	if (!BOUNDS.includes(bound)) throw new InvalidArgumentError("bound", bound, "hard or approximate");
	const windowUs = windowMs * 1_000;
	const widthUs = Math.ceil(windowUs / buckets);
	if (bound === "approximate" && limit * widthUs > Number.MAX_SAFE_INTEGER) {
		const most = Math.floor(Number.MAX_SAFE_INTEGER / widthUs);
		throw new InvalidArgumentError(
			"limit",
			limit,
			`${most} or less, for the approximate bound of these buckets`,
		);
	}

	/** Until so many units are used or fewer, if nothing is charged meanwhile. */
	const waitUs = (most: number, elapsed: number, counts: readonly number[]): number => {
		let others = sumOf(counts);
		for (let passed = 0; passed <= buckets; passed++) {
			const oldest = counts[buckets - passed] ?? 0;
			others -= oldest;
			if (others > most) continue;
			// The oldest bucket's part shrinks while this one lasts: from when on is it no more than what is left?
			const left = most - others;
			let from = oldest <= left ? 0 : widthUs;
			if (from > 0 && bound === "approximate") from -= Math.ceil(((left + 1) * widthUs) / oldest) - 1;
			if (from < widthUs) return Math.max(0, passed * widthUs + from - elapsed);
		}
		return (buckets + 1) * widthUs - elapsed;
	};

	return Object.freeze({
		kind: "sliding-counter" as const,
		limit,
		windowMs,
		windowUs,
		layout: `${windowMs} ms in ${buckets} buckets, ${bound}`,
		buckets,
		widthUs,
		bound,
		words: [String(limit), String(buckets), String(widthUs), bound],
		read: (answer: Answer, wanted: number) => {
			const elapsed = timeUs(answer) % widthUs;
			const counts = textAt(answer, 3).split(":").map(Number);
			const oldest = counts[buckets] ?? 0;
			const part = bound === "hard" ? oldest : Math.floor((oldest * (widthUs - elapsed)) / widthUs);
			const remaining = Math.max(0, limit - (sumOf(counts) - oldest + part));
			let retryAfterUs: number | null = null;
			if (wanted <= remaining) retryAfterUs = 0;
			else if (wanted <= limit) retryAfterUs = waitUs(limit - wanted, elapsed, counts);
			return {
				granted: grantedBy(answer),
				remaining,
				retryAfterUs,
				resetAfterUs: waitUs(0, elapsed, counts),
			};
		},
		open: () => new SlidingCounterAccount(),
		share: (part: number) =>
			slidingCounter({ limit: Math.max(1, Math.floor(limit * part)), windowMs, buckets, bound }),
	});
}

function sumOf(counts: readonly number[]): number {
	let sum = 0;
	for (const count of counts) sum += count;
	return sum;
}
