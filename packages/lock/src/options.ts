import { randomUUID } from "node:crypto";
import { checkInteger, checkKnown, checkMs, InvalidArgumentError, isText } from "@rk/client";
import { type Clock, systemClock } from "./clock.ts";
import type { LockListener } from "./events.ts";
import { checkTtl, type Drift } from "./lease.ts";
import { checkedTokens } from "./token.ts";

/** What every kind of lock of this package may be told. */
export interface HoldOptions {
	/**
	 * How long a lock lives when nothing extends it, in whole milliseconds, 3 or more. Shorter frees the lock of a crashed holder sooner;
	 * longer lasts through longer pauses of holder or server.
	 * @default 10_000
	 */
	readonly ttlMs?: number;
	/** Extends each lock after a third of its time to live, as long as it is held. @default true */
	readonly watchdog?: boolean;
	/** The watchdog stops so long after the lock was granted, so that a hung holder loses it, in milliseconds. @default none */
	readonly maxHoldMs?: number;
	/** What is taken off each lock's validity, since the clocks of client and server are not the same. @default 1 %, and 2 ms */
	readonly drift?: Partial<Drift>;
	/**
	 * How long giving a lock back may take: in `release()`, and after an acquire that failed, which does not wait for it; and how long
	 * `close()` waits for what is under way. In milliseconds.
	 * @default 1_000
	 */
	readonly cleanupTimeoutMs?: number;
	/** Is told what happens; what it throws, or rejects with, becomes a process warning (`RK_LISTENER_ERROR`). */
	readonly onEvent?: LockListener;
	/** @default the process's clocks */
	readonly clock?: Clock;
	/** From 0 up to 1, for jitter. @default Math.random */
	readonly random?: () => number;
	/** Makes the token of each lock: text that nobody else makes, without `|`. @default a random UUID */
	readonly genToken?: () => string;
}

export interface LocksOptions extends HoldOptions {
	/** What the keys in Redis begin with; without braces. @default "lock:" */
	readonly prefix?: string;
	/**
	 * How a waiter learns that the lock is free: `pubsub` by a message, `poll` by asking again and again, for servers without
	 * sharded Pub/Sub; then holders do not hear of `forceRelease()` either, but by their watchdog.
	 * @default "pubsub"
	 */
	readonly wait?: "pubsub" | "poll";
	/** The least pause between two tries, when polling and after a failure, in milliseconds. @default 50 */
	readonly retryMs?: number;
	/** The longest pause between two tries, in milliseconds; a quarter more with jitter. @default 1_000 */
	readonly maxRetryMs?: number;
	/** How long one reply of Redis is waited for, in milliseconds. `tryAcquire` takes no longer. @default 2_000 */
	readonly replyTimeoutMs?: number;
	/** Gives each lock a number higher than that of every earlier holder. @default true; false with `layout: "plain"` */
	readonly fencing?: boolean;
	/** How long the last fence of a key is kept, in milliseconds; 24 hours or more. @default 86_400_000 */
	readonly fenceTtlMs?: number;
	/** `plain`: the value at `prefix` + key is the token alone, as other programs have it that use `SET key token NX PX`. @default "rich" */
	readonly layout?: "rich" | "plain";
}

/** Options of one acquire. */
export interface TryOptions {
	/** @default the factory's */
	readonly ttlMs?: number;
	/** Any text to find in {@link Locks.inspect}, such as the host's name. @default "" */
	readonly meta?: string;
}

export interface AcquireOptions extends TryOptions {
	/** How long to wait, in milliseconds; 0 asks once. @default no limit */
	readonly waitMs?: number;
	/** Until when to wait; instead of `waitMs`. */
	readonly deadline?: Date;
	/** Ends the waiting; no lock is left behind. */
	readonly signal?: AbortSignal;
	/** The least pause between two tries, `maxRetryMs` at most. @default the factory's */
	readonly retryMs?: number;
	/**
	 * Takes the lock at once, whoever holds it, before all who wait. Its holder loses it (`stolen`) and learns of it as by
	 * {@link Locks.forceRelease}; while he has not noticed, two may work: but his fence is lower. What is no lock of this layout is not
	 * replaced (`RK_LOCK_CONFIG`). For operators, and for work that has to replace its predecessor.
	 * @default false
	 */
	readonly steal?: boolean;
}

export interface WithLockOptions extends AcquireOptions {
	/** What `withLock` does when the work has ended well, but the lock was lost on the way. @default "throw" */
	readonly onLost?: "throw" | "return";
}

/** What the README's table quotes. */
export const DEFAULTS: Required<
	Omit<LocksOptions, "maxHoldMs" | "drift" | "onEvent" | "clock" | "random" | "genToken">
> = Object.freeze({
	ttlMs: 10_000,
	watchdog: true,
	cleanupTimeoutMs: 1_000,
	prefix: "lock:",
	wait: "pubsub",
	retryMs: 50,
	maxRetryMs: 1_000,
	replyTimeoutMs: 2_000,
	fencing: true,
	fenceTtlMs: 86_400_000,
	layout: "rich",
});

/** Clocks of servers and clients may differ in pace by this, and in their reading of a moment by that. */
const DRIFT: Drift = Object.freeze({ factor: 0.01, ms: 2 });

/** A {@link HoldOptions} with nothing left out. */
export interface ResolvedHoldOptions extends Required<Omit<HoldOptions, "drift" | "onEvent">> {
	readonly drift: Drift;
	readonly onEvent: LockListener | undefined;
}

export interface ResolvedLocksOptions
	extends ResolvedHoldOptions,
		Required<Omit<LocksOptions, keyof HoldOptions>> {}

export const HOLD_OPTIONS: readonly string[] = [
	"ttlMs",
	"watchdog",
	"maxHoldMs",
	"drift",
	"cleanupTimeoutMs",
	"onEvent",
	"clock",
	"random",
	"genToken",
];
export const LOCKS_OPTIONS: readonly string[] = [
	...HOLD_OPTIONS,
	"prefix",
	"wait",
	"retryMs",
	"maxRetryMs",
	"replyTimeoutMs",
	"fencing",
	"fenceTtlMs",
	"layout",
];
const TRY_OPTIONS: readonly string[] = ["ttlMs", "meta"];
const ACQUIRE_OPTIONS: readonly string[] = [
	...TRY_OPTIONS,
	"waitMs",
	"deadline",
	"signal",
	"retryMs",
	"steal",
];
const WITH_LOCK_OPTIONS: readonly string[] = [...ACQUIRE_OPTIONS, "onLost"];

/** @throws {InvalidArgumentError} */
export function resolveHoldOptions(options: HoldOptions): ResolvedHoldOptions {
	const { ttlMs = DEFAULTS.ttlMs, watchdog = DEFAULTS.watchdog, maxHoldMs } = options;
	const { cleanupTimeoutMs = DEFAULTS.cleanupTimeoutMs, onEvent, clock = systemClock } = options;
	const { random = Math.random } = options;
	const drift = resolveDrift(options.drift ?? {});
	checkTtl(ttlMs, drift);
	checkBoolean("watchdog", watchdog);
	if (maxHoldMs !== undefined) checkMs("maxHoldMs", maxHoldMs);
	checkMs("cleanupTimeoutMs", cleanupTimeoutMs);
	if (onEvent !== undefined) checkFunction("onEvent", onEvent);
	if (typeof clock?.monotonicMs !== "function" || typeof clock.wallMs !== "function")
		throw new InvalidArgumentError("clock", clock, "an object of the functions monotonicMs and wallMs");
	checkFunction("random", random);
	if (options.genToken !== undefined) checkFunction("genToken", options.genToken);
	return {
		ttlMs,
		watchdog,
		maxHoldMs: maxHoldMs ?? Number.POSITIVE_INFINITY,
		drift,
		cleanupTimeoutMs,
		onEvent,
		clock,
		random,
		genToken: options.genToken === undefined ? randomUUID : checkedTokens(options.genToken),
	};
}

/** @throws {InvalidArgumentError} */
export function resolveLocksOptions(options: LocksOptions): ResolvedLocksOptions {
	checkKnown("", options, LOCKS_OPTIONS);
	const { prefix = DEFAULTS.prefix, wait = DEFAULTS.wait, layout = DEFAULTS.layout } = options;
	const { retryMs = DEFAULTS.retryMs } = options;
	checkMs("retryMs", retryMs);
	const { maxRetryMs = Math.max(retryMs, DEFAULTS.maxRetryMs) } = options;
	const { replyTimeoutMs = DEFAULTS.replyTimeoutMs, fenceTtlMs = DEFAULTS.fenceTtlMs } = options;
	const { fencing = layout === "plain" ? false : DEFAULTS.fencing } = options;
	if (!isText(prefix) || /[{}]/.test(prefix))
		throw new InvalidArgumentError("prefix", prefix, "text without braces: the key decides the slot");
	checkOneOf("wait", wait, ["pubsub", "poll"]);
	checkOneOf("layout", layout, ["rich", "plain"]);
	checkMs("maxRetryMs", maxRetryMs, retryMs);
	checkMs("replyTimeoutMs", replyTimeoutMs);
	checkBoolean("fencing", fencing);
	if (fencing && layout === "plain")
		throw new InvalidArgumentError(
			"fencing",
			fencing,
			'false with layout "plain", which has no room for a fence',
		);
	checkInteger("fenceTtlMs", fenceTtlMs, DEFAULTS.fenceTtlMs);
	return {
		...resolveHoldOptions(options),
		prefix,
		wait,
		retryMs,
		maxRetryMs,
		replyTimeoutMs,
		fencing,
		fenceTtlMs,
		layout,
	};
}

/** @throws {InvalidArgumentError} */
export function checkKey(key: unknown): void {
	if (!isText(key) || key === "") throw new InvalidArgumentError("key", key, "text, not empty");
}

/** @throws {InvalidArgumentError} */
export function checkTryOptions(
	options: TryOptions,
	drift: Drift,
	known: readonly string[] = TRY_OPTIONS,
): void {
	checkKnown("", options, known);
	if (options.ttlMs !== undefined) checkTtl(options.ttlMs, drift);
	const { meta } = options;
	if (meta !== undefined && typeof meta !== "string") throw new InvalidArgumentError("meta", meta, "text");
}

/** @throws {InvalidArgumentError} */
export function checkAcquireOptions(
	options: AcquireOptions,
	drift: Drift,
	known: readonly string[] = ACQUIRE_OPTIONS,
): void {
	checkTryOptions(options, drift, known);
	const { waitMs, deadline, signal, retryMs, steal } = options;
	if (waitMs !== undefined) checkMs("waitMs", waitMs, 0);
	if (deadline !== undefined) {
		if (!(deadline instanceof Date) || Number.isNaN(deadline.getTime()))
			throw new InvalidArgumentError("deadline", deadline, "a valid Date");
		if (waitMs !== undefined) throw new InvalidArgumentError("deadline", deadline, "left out beside waitMs");
	}
	if (signal !== undefined && !(signal instanceof AbortSignal))
		throw new InvalidArgumentError("signal", signal, "an AbortSignal");
	if (retryMs !== undefined) checkMs("retryMs", retryMs);
	if (steal !== undefined) checkBoolean("steal", steal);
}

/** @throws {InvalidArgumentError} */
export function checkWithLockOptions(
	options: WithLockOptions,
	drift: Drift,
	known: readonly string[] = WITH_LOCK_OPTIONS,
): void {
	checkAcquireOptions(options, drift, known);
	if (options.onLost !== undefined) checkOneOf("onLost", options.onLost, ["throw", "return"]);
}

function resolveDrift(drift: Partial<Drift>): Drift {
	checkKnown("drift", drift, ["factor", "ms"]);
	const { factor = DRIFT.factor, ms = DRIFT.ms } = drift;
	if (typeof factor !== "number" || !(factor >= 0 && factor <= 0.5))
		throw new InvalidArgumentError("drift.factor", factor, "from 0 to 0.5");
	checkMs("drift.ms", ms, 0);
	return { factor, ms };
}

function checkBoolean(argument: string, value: unknown): void {
	if (typeof value !== "boolean") throw new InvalidArgumentError(argument, value, "true or false");
}

function checkFunction(argument: string, value: unknown): void {
	if (typeof value !== "function") throw new InvalidArgumentError(argument, value, "a function");
}

function checkOneOf(argument: string, value: string, allowed: readonly string[]): void {
	if (!allowed.includes(value))
		throw new InvalidArgumentError(argument, value, `one of ${allowed.join(", ")}`);
}
