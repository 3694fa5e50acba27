import { LockCorruptError } from "./errors.ts";
import type { Found } from "./scripts.ts";

/** What {@link Locks.inspect} finds. For people and monitoring: by the time that you read it, it may be otherwise. */
export type LockInfo =
	| { readonly held: false; readonly waiters: number }
	| {
			readonly held: true;
			/** The holder's token. */
			readonly owner: string;
			readonly meta: string;
			/** `null` without fencing. */
			readonly fence: bigint | null;
			/** By the server's clock, from the fence; `null` without one. Too late by as much as that clock was set back before. */
			readonly acquiredAt: Date | null;
			/** How long it lives if nothing extends it, in milliseconds. */
			readonly ttlMs: number;
			/** Processes (connections) that wait for it, or did up to 5 seconds ago, each as one; 0 where everybody polls. */
			readonly waiters: number;
	  };

const RICH = /^([^|]+)\|(\d*)\|(.*)$/s;

/** @throws {LockCorruptError} the key has no expiry */
export function describe(key: string, found: Found): LockInfo {
	const { value, ttlMs, listeners: waiters } = found;
	if (ttlMs === -2) return { held: false, waiters };
	const [, owner = value, digits = "", meta = ""] = RICH.exec(value) ?? [];
	if (ttlMs === -1) throw new LockCorruptError(key, owner);
	const fence = digits === "" ? null : BigInt(digits);
	const acquiredAt = fence === null ? null : new Date(Number(fence / 1000n));
	return { held: true, owner, meta, fence, acquiredAt, ttlMs, waiters };
}
