import { checkMs, InvalidArgumentError } from "@rk/client";

/** How long values live, and how long loads may take: of a cache, of a definition, or of one call. */
export interface PolicyOptions {
	/**
	 * How long a value is fresh, in milliseconds. 0 or less: it is not cached. `Infinity`: until it is invalidated or evicted.
	 * @default 300_000
	 */
	readonly ttlMs?: number;
	/** The same for `null`. @default 10_000 */
	readonly nullTtlMs?: number;
	/**
	 * Shortens each value's time by a random part of up to this, so that what was stored together does not end together; 0 up to 1.
	 * @default 0.1
	 */
	readonly jitter?: number;
	/** So long after it was fresh a value is served while it is loaded anew in the background, in milliseconds. @default 0 */
	readonly staleMs?: number;
	/** So long after it was fresh a value is served if its loader fails or takes too long, in milliseconds. @default 0 */
	readonly staleIfErrorMs?: number;
	/** After a failed load a stale value is served for this time before the loader is tried again, in milliseconds. @default 1_000 */
	readonly errorBackoffMs?: number;
	/** A caller who can have a stale value (`staleIfErrorMs`) waits no longer than this for the loader, in milliseconds. @default none */
	readonly softTimeoutMs?: number;
	/**
	 * A caller waits no longer than this for the loader, in milliseconds; the load goes on, and others may join it, until one who joined
	 * after that has waited as long in vain.
	 * @default 10_000
	 */
	readonly hardTimeoutMs?: number;
}

/** A {@link PolicyOptions} with nothing left out; `softTimeoutMs` is `Infinity` for none. */
export type Policy = Required<PolicyOptions>;

export const POLICY_OPTIONS: readonly string[] = [
	"ttlMs",
	"nullTtlMs",
	"jitter",
	"staleMs",
	"staleIfErrorMs",
	"errorBackoffMs",
	"softTimeoutMs",
	"hardTimeoutMs",
] satisfies Array<keyof PolicyOptions>;

/** What `options` says, and `base` where it says nothing. @throws {InvalidArgumentError} */
export function resolvePolicy(options: PolicyOptions, base: Policy): Policy {
	const {
		ttlMs = base.ttlMs,
		nullTtlMs = base.nullTtlMs,
		jitter = base.jitter,
		staleMs = base.staleMs,
		staleIfErrorMs = base.staleIfErrorMs,
		errorBackoffMs = base.errorBackoffMs,
		softTimeoutMs = base.softTimeoutMs,
		hardTimeoutMs = base.hardTimeoutMs,
	} = options;
	checkTtl("ttlMs", ttlMs);
	checkTtl("nullTtlMs", nullTtlMs);
	if (typeof jitter !== "number" || !(jitter >= 0 && jitter < 1))
		throw new InvalidArgumentError("jitter", jitter, "a number from 0 up to, but not, 1");
	checkSpan("staleMs", staleMs);
	checkSpan("staleIfErrorMs", staleIfErrorMs);
	checkMs("errorBackoffMs", errorBackoffMs, 0);
	if (softTimeoutMs !== Number.POSITIVE_INFINITY) checkMs("softTimeoutMs", softTimeoutMs);
	checkMs("hardTimeoutMs", hardTimeoutMs);
	return { ttlMs, nullTtlMs, jitter, staleMs, staleIfErrorMs, errorBackoffMs, softTimeoutMs, hardTimeoutMs };
}

/** @throws {InvalidArgumentError} */
export function checkTtl(argument: string, value: unknown): void {
	if (value === Number.POSITIVE_INFINITY || (typeof value === "number" && value <= Number.MAX_SAFE_INTEGER))
		return;
	throw new InvalidArgumentError(
		argument,
		value,
		"milliseconds up to 2^53 − 1, or Infinity; 0 or less is not cached",
	);
}

function checkSpan(argument: string, value: unknown): void {
	if (value === Number.POSITIVE_INFINITY) return;
	if (typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER) return;
	throw new InvalidArgumentError(argument, value, "milliseconds, from 0 to 2^53 − 1, or Infinity");
}

/** How long a value is fresh: shortened by jitter, never below 1 ms; 0: it is not to be cached. */
export function freshMs(ttlMs: number, jitter: number, random: () => number): number {
	if (!(ttlMs > 0)) return 0;
	if (ttlMs === Number.POSITIVE_INFINITY) return ttlMs;
	return Math.max(1, ttlMs * (1 - random() * jitter));
}

/** The longest that an entry of this policy may be kept in Redis, in whole ms; 0: no end. */
export function longestMs({ ttlMs, nullTtlMs, staleMs, staleIfErrorMs }: Policy): number {
	const ms = Math.ceil(Math.max(ttlMs, nullTtlMs, 1) + Math.max(staleMs, staleIfErrorMs));
	return ms <= Number.MAX_SAFE_INTEGER ? ms : 0;
}
