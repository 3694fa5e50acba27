import { checkInteger, checkKnown } from "@rk/client";
import type { Counting } from "./algorithm.ts";
import { type Answer, grantedBy, numberAt, timeUs } from "./answer.ts";
import { SlidingLogAccount } from "./models/sliding-log.ts";
import { LONGEST_MS } from "./rate.ts";

export interface SlidingLogOptions {
	/** Units in any window. Each takes 10 to 14 bytes in Redis, so 100 000 at most. */
	readonly limit: number;
	readonly windowMs: number;
}

export interface SlidingLog extends Counting<"sliding-log"> {
	readonly windowUs: number;
	readonly layout: string;
}

/**
 * The time of every unit is kept: never more than `limit` in any window, wherever it begins, and never a denial before that.
 * The price is memory by the limit; where that is too much, take `slidingCounter`.
 *
 * @throws {InvalidArgumentError} not whole numbers, a limit beyond 100 000 or a window beyond 366 days
 */
export function slidingLog(options: SlidingLogOptions): SlidingLog {
	checkKnown("slidingLog", options, ["limit", "windowMs"]);
	const { limit, windowMs } = options;
	checkInteger("limit", limit, 1, 100_000);
	checkInteger("windowMs", windowMs, 1, LONGEST_MS);
	const windowUs = windowMs * 1_000;
	return Object.freeze({
		kind: "sliding-log" as const,
		limit,
		windowMs,
		windowUs,
		layout: `${windowMs} ms`,
		words: [String(limit), String(windowUs)],
		read: (answer: Answer, wanted: number) => {
			const nowUs = timeUs(answer);
			/** Until the unit of that time leaves. */
			const leavesUs = (at: number): number => (at === 0 ? 0 : at + windowUs - nowUs);
			return {
				granted: grantedBy(answer),
				remaining: Math.max(0, limit - numberAt(answer, 3)),
				retryAfterUs: wanted <= limit ? leavesUs(numberAt(answer, 4)) : null,
				resetAfterUs: leavesUs(numberAt(answer, 5)),
			};
		},
		open: () => new SlidingLogAccount(),
		share: (part: number) => slidingLog({ limit: Math.max(1, Math.floor(limit * part)), windowMs }),
	});
}
