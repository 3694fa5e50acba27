import { checkInteger, checkKnown, checkMs, InvalidArgumentError } from "@rk/client";
import type { Algorithm } from "./algorithm.ts";
import { type Fallback, fallback } from "./fallback.ts";

/** What decides while Redis cannot; see {@link RateLimiterOptions.onUnavailable}. */
export type OnUnavailable = "throw" | "allow" | "deny" | Fallback;

export interface RateLimiterOptions {
	/** Names the limit in keys, headers, events and errors: printable ASCII. */
	readonly name: string;
	/** The limit: `gcra({ rate: perSecond(10), burst: 20 })`. */
	readonly algorithm: Algorithm;
	/**
	 * What happens while Redis cannot decide, which nobody but you can know: `throw` a RateLimitUnavailableError; `allow` or `deny`
	 * everything, the decision saying so (`source` is `policy`); or count in this process: `fallback(memory({ share: 1 / 4 }))`.
	 */
	readonly onUnavailable: OnUnavailable;
	/** What keys begin with. @default "rl" */
	readonly prefix?: string;
	/** A decision that takes longer is made by `onUnavailable`, in milliseconds, 10 ms more or less; 20 or more. @default 100 */
	readonly timeoutMs?: number;
	/** After 5 failures in a row Redis is asked only once in this time, until it answers, in milliseconds. @default 1_000 */
	readonly breakerMs?: number;
	/**
	 * Remembers up to `max` denied subjects in this process, each for a second at most, and denies them without asking Redis. What
	 * another process gives back meanwhile is seen after that.
	 * @default none
	 */
	readonly denyCache?: { readonly max: number };
	/** The used part of a limit, above 0 and up to 1, at which `nearLimit` is told. @default 0.8 */
	readonly nearLimit?: number;
	/** Milliseconds that only grow, for the breaker, the deny cache and the fallback. @default performance.now */
	readonly clock?: () => number;
}

export interface ResolvedOptions {
	readonly name: string;
	readonly algorithm: Algorithm;
	readonly onUnavailable: OnUnavailable;
	readonly prefix: string;
	readonly timeoutMs: number;
	readonly breakerMs: number;
	readonly denyCache: { readonly max: number } | undefined;
	readonly nearLimit: number;
	readonly clock: () => number;
}

export const DEFAULTS: Readonly<{
	prefix: string;
	timeoutMs: number;
	breakerMs: number;
	nearLimit: number;
}> = Object.freeze({ prefix: "rl", timeoutMs: 100, breakerMs: 1_000, nearLimit: 0.8 });

const KINDS = ["gcra", "fixed-window", "sliding-log", "sliding-counter"];

/** @throws {InvalidArgumentError} */
export function resolveOptions(options: RateLimiterOptions): ResolvedOptions {
	checkKnown("", options, [
		...["name", "algorithm", "onUnavailable", "prefix", "timeoutMs", "breakerMs"],
		...["denyCache", "nearLimit", "clock"],
	]);
	const { name, algorithm, onUnavailable, denyCache, clock = () => performance.now() } = options;
	const { prefix = DEFAULTS.prefix, timeoutMs = DEFAULTS.timeoutMs } = options;
	const { breakerMs = DEFAULTS.breakerMs, nearLimit = DEFAULTS.nearLimit } = options;
	if (typeof name !== "string" || !/^[ -~]{1,200}$/.test(name))
		throw new InvalidArgumentError("name", name, "1 to 200 printable ASCII characters");
	if (typeof prefix !== "string" || prefix === "")
		throw new InvalidArgumentError("prefix", prefix, "text that is not empty");
	if (!KINDS.includes(algorithm?.kind) || typeof algorithm.read !== "function")
		throw new InvalidArgumentError("algorithm", algorithm, "made by gcra, tokenBucket, fixedWindow, …");
	checkOnUnavailable(onUnavailable);
	if (typeof onUnavailable === "object") fallback(onUnavailable.fallback);
	checkMs("timeoutMs", timeoutMs, 20);
	checkMs("breakerMs", breakerMs);
	if (denyCache !== undefined) {
		checkKnown("denyCache", denyCache, ["max"]);
		checkInteger("denyCache.max", denyCache.max, 1, 10_000_000);
	}
	if (typeof nearLimit !== "number" || !(nearLimit > 0 && nearLimit <= 1))
		throw new InvalidArgumentError("nearLimit", nearLimit, "a number above 0, up to 1");
	if (typeof clock !== "function") throw new InvalidArgumentError("clock", clock, "a function");
	return { name, algorithm, onUnavailable, prefix, timeoutMs, breakerMs, denyCache, nearLimit, clock };
}

function checkOnUnavailable(value: unknown): void {
	if (value === "throw" || value === "allow" || value === "deny") return;
	if (typeof value === "object" && value !== null && "fallback" in value) return;
	throw new InvalidArgumentError("onUnavailable", value, "throw, allow, deny or fallback(memory({ share }))");
}
