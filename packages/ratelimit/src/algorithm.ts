import { InvalidArgumentError } from "@rk/client";
import type { Answer } from "./answer.ts";
import type { FixedWindow } from "./fixed-window.ts";
import type { Gcra } from "./gcra.ts";
import type { SlidingCounter } from "./sliding-counter.ts";
import type { SlidingLog } from "./sliding-log.ts";

/** A limit and how it is counted; made by `gcra`, `tokenBucket`, `fixedWindow`, `slidingLog` or `slidingCounter`. */
export type Algorithm = Gcra | FixedWindow | SlidingLog | SlidingCounter;

/** How a subject stands after an operation. Times are whole microseconds. */
export interface Standing {
	/** Units charged; for a peek, units that could be. */
	readonly granted: number;
	readonly remaining: number;
	/** Until the units asked for fit (one, where as many as fit were asked for): 0 if they do; `null` is never. */
	readonly retryAfterUs: number | null;
	readonly resetAfterUs: number;
}

/** What `limit` charges if all fits, `upto` as far as it fits, and `penalize` in any case. */
export type Operation = "limit" | "upto" | "peek" | "refund" | "penalize";

/** A subject's use of a limit, in memory; the model that the Lua is tested against. Times are whole microseconds. */
export interface Account {
	apply(operation: Operation, nowUs: bigint, units: number, limit: Algorithm): Standing;
	/** Nothing is charged any more, so that the account can be forgotten. */
	idle(nowUs: bigint): boolean;
}

/** What all algorithms have. */
export interface Counting<Kind extends string> {
	readonly kind: Kind;
	/** Units that fit at once. */
	readonly limit: number;
	/** The time in which `limit` units come back, in milliseconds. */
	readonly windowMs: number;
	/** The configuration as the kind's Lua takes it. */
	readonly words: readonly string[];
	/** What the answer of the kind's Lua means for so many units: those that were asked for, or one where as many as fit were. */
	readonly read: (answer: Answer, wanted: number) => Standing;
	/** An account that has nothing charged. */
	readonly open: () => Account;
	/** The same with a part of the limit, between 0 and 1; never less than one unit. */
	readonly share: (part: number) => Algorithm;
}

/** @throws {InvalidArgumentError} a limit that cannot take the place of another for one call */
export function checkOverride(limit: Algorithm, own: Algorithm): void {
	if (limit?.kind !== own.kind)
		throw new InvalidArgumentError("limit", limit, `made by the algorithm of the limiter, ${own.kind}`);
	if (!("windowUs" in limit) || !("windowUs" in own)) return;
	if (limit.layout === own.layout) return;
	throw new InvalidArgumentError("limit", limit.layout, `of the limiter's window: ${own.layout}`);
}
