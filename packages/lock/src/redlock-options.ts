import { checkInteger, checkKnown, checkMs } from "@rk/client";
import {
	type AcquireOptions,
	DEFAULTS,
	HOLD_OPTIONS,
	type HoldOptions,
	type ResolvedHoldOptions,
	resolveHoldOptions,
	type WithLockOptions,
} from "./options.ts";

export interface RedlockOptions extends HoldOptions {
	/** What the keys in Redis begin with; without braces. @default "lock:" */
	readonly prefix?: string;
	/** How often `acquire` has the servers vote, where neither `waitMs` nor `deadline` says how long to wait. @default 32 */
	readonly tries?: number;
	/** The mean pause between two tries, in milliseconds; each is random, from half to one and a half of it. @default 100 */
	readonly retryMs?: number;
	/**
	 * How long one server's vote is waited for, in milliseconds. More than a round trip, and little beside `ttlMs`: servers that do not
	 * answer cost so much of the lock's validity.
	 * @default a twentieth of `ttlMs`, 50 at most
	 */
	readonly nodeTimeoutMs?: number;
}

export type RedlockTryOptions = Pick<AcquireOptions, "ttlMs">;
export type RedlockAcquireOptions = Pick<AcquireOptions, "ttlMs" | "waitMs" | "deadline" | "signal">;
export type RedlockWithLockOptions = RedlockAcquireOptions & Pick<WithLockOptions, "onLost">;

/** What the README's table quotes, besides those that are the same as for `createLocks`. */
export const REDLOCK_DEFAULTS: { readonly tries: number; readonly retryMs: number } = Object.freeze({
	tries: 32,
	retryMs: 100,
});
/** The longest that a vote is waited for by default, in milliseconds, and as a part of the time to live. */
const NODE_TIMEOUT_MS = 50;
const NODE_TIMEOUT_FACTOR = 0.05;

export interface ResolvedRedlockOptions
	extends ResolvedHoldOptions,
		Required<Pick<RedlockOptions, "prefix" | "tries" | "retryMs">> {
	/** For a lock of this time to live. */
	readonly nodeTimeoutMs: (ttlMs: number) => number;
}

export const REDLOCK_OPTIONS: readonly string[] = [
	...HOLD_OPTIONS,
	"prefix",
	"tries",
	"retryMs",
	"nodeTimeoutMs",
];
export const REDLOCK_TRY_OPTIONS: readonly string[] = ["ttlMs"];
export const REDLOCK_ACQUIRE_OPTIONS: readonly string[] = [
	...REDLOCK_TRY_OPTIONS,
	"waitMs",
	"deadline",
	"signal",
];
export const REDLOCK_WITH_LOCK_OPTIONS: readonly string[] = [...REDLOCK_ACQUIRE_OPTIONS, "onLost"];

/** @throws {InvalidArgumentError} */
export function resolveRedlockOptions(options: RedlockOptions): ResolvedRedlockOptions {
	checkKnown("", options, REDLOCK_OPTIONS);
	const { prefix = DEFAULTS.prefix, nodeTimeoutMs } = options;
	const { tries = REDLOCK_DEFAULTS.tries, retryMs = REDLOCK_DEFAULTS.retryMs } = options;
	checkInteger("tries", tries, 1);
	checkMs("retryMs", retryMs);
	if (nodeTimeoutMs !== undefined) checkMs("nodeTimeoutMs", nodeTimeoutMs);
	return {
		...resolveHoldOptions(options),
		prefix,
		tries,
		retryMs,
		nodeTimeoutMs: (ttlMs) =>
			nodeTimeoutMs ?? Math.max(1, Math.min(NODE_TIMEOUT_MS, ttlMs * NODE_TIMEOUT_FACTOR)),
	};
}
