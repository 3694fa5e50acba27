import { checkInteger, checkKnown, InvalidArgumentError } from "@rk/client";
import type { Counting } from "./algorithm.ts";
import { type Answer, grantedBy, textAt, timeUs } from "./answer.ts";
import { FixedWindowAccount } from "./models/fixed-window.ts";
import { LONGEST_MS } from "./rate.ts";

export interface FixedWindowOptions {
	/** Units in a window. */
	readonly limit: number;
	readonly windowMs: number;
	/**
	 * `first-hit`: a subject's window begins with its first unit, so that not all begin anew at once. `clock`: windows are counted
	 * from 1970, as UTC hours and days are.
	 * @default "first-hit"
	 */
	readonly align?: "first-hit" | "clock";
}

export interface FixedWindow extends Counting<"fixed-window"> {
	readonly windowUs: number;
	readonly align: "first-hit" | "clock";
	readonly layout: string;
}

const ALIGNMENTS: readonly unknown[] = ["first-hit", "clock"];

/**
 * A counter that begins anew with each window: simple to explain, and cheap. At the boundary of two windows up to twice the
 * limit is allowed within one window's time.
 *
 * @throws {InvalidArgumentError} not whole numbers, or a window beyond 366 days
 */
export function fixedWindow(options: FixedWindowOptions): FixedWindow {
	checkKnown("fixedWindow", options, ["limit", "windowMs", "align"]);
	const { limit, windowMs, align = "first-hit" } = options;
	checkInteger("limit", limit, 1, 1e9);
	checkInteger("windowMs", windowMs, 1, LONGEST_MS);
	if (!ALIGNMENTS.includes(align)) throw new InvalidArgumentError("align", align, "first-hit or clock");
	const windowUs = windowMs * 1_000;
	return Object.freeze({
		kind: "fixed-window" as const,
		limit,
		windowMs,
		windowUs,
		align,
		layout: `${windowMs} ms, ${align}`,
		words: [String(limit), String(windowUs), align],
		read: (answer: Answer, wanted: number) => {
			const [ends, count = 0] = textAt(answer, 3).split(":").map(Number);
			const leftUs = (ends ?? 0) - timeUs(answer);
			const remaining = Math.max(0, limit - count);
			const later = wanted <= limit ? leftUs : null;
			return {
				granted: grantedBy(answer),
				remaining,
				retryAfterUs: wanted <= remaining ? 0 : later,
				resetAfterUs: count > 0 ? leftUs : 0,
			};
		},
		open: () => new FixedWindowAccount(),
		share: (part: number) => fixedWindow({ limit: Math.max(1, Math.floor(limit * part)), windowMs, align }),
	});
}
