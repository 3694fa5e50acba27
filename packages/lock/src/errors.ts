import { RkError } from "@rk/client";
import type { NodeVote } from "./redlock-votes.ts";

/** What goes wrong with a lock; tell kinds apart by `code`. Where Redis itself fails, the port's CommandError comes as it is. */
export abstract class LockError extends RkError {
	/** The lock's key, as the caller gave it. */
	readonly key: string;
	/** The same call may succeed later. */
	abstract readonly retryable: boolean;

	protected constructor(key: string, message: string, options?: ErrorOptions) {
		super(message, options);
		this.key = key;
	}
}

/** Others held the lock all the time that the caller was ready to wait. */
export class LockTimeoutError extends LockError {
	override readonly name = "LockTimeoutError";
	override readonly code = "RK_LOCK_TIMEOUT";
	override readonly retryable = true;
	readonly waitedMs: number;
	/** How often Redis was asked. */
	readonly attempts: number;
	/** The token that held it last, if that is known. */
	readonly holder: string | undefined;

	constructor(
		key: string,
		waitedMs: number,
		attempts: number,
		holder: string | undefined,
		options?: ErrorOptions,
	) {
		super(key, `The lock "${key}" was held by others for ${Math.round(waitedMs)} ms`, options);
		this.waitedMs = waitedMs;
		this.attempts = attempts;
		this.holder = holder;
	}
}

/** Another holds the lock, and the caller wants not to wait (`waitMs: 0`; a `deadline` that has passed is a {@link LockTimeoutError}). */
export class LockBusyError extends LockError {
	override readonly name = "LockBusyError";
	override readonly code = "RK_LOCK_BUSY";
	override readonly retryable = true;
	/** The token that holds it. */
	readonly holder: string | undefined;

	constructor(key: string, holder: string | undefined) {
		super(key, `The lock "${key}" is held by another`);
		this.holder = holder;
	}
}

/** The caller's signal aborted; `cause` is its reason. No lock is left behind. */
export class LockAbortedError extends LockError {
	override readonly name = "LockAbortedError";
	override readonly code = "RK_LOCK_ABORTED";
	override readonly retryable = true;

	constructor(key: string, reason: unknown) {
		super(key, `Waiting for the lock "${key}" was aborted by the caller's signal`, { cause: reason });
	}
}

/** `expired`: its time ran out, or it was deleted. `taken`: another holds it, or its key has another type. `released`, `detached`: by this very holder. */
export type NotHeldReason = "expired" | "taken" | "released" | "detached";

/** A lock was to be extended, released or adopted that is not held any more. */
export class LockNotHeldError extends LockError {
	override readonly name = "LockNotHeldError";
	override readonly code = "RK_LOCK_NOT_HELD";
	override readonly retryable = false;
	readonly reason: NotHeldReason;

	constructor(key: string, reason: NotHeldReason, options?: ErrorOptions) {
		super(key, `The lock "${key}" is not held any more: ${reason}`, options);
		this.reason = reason;
	}
}

/**
 * - `expired`: it could not be extended in time, or was not to be
 * - `paused`: the process stood still (a long computation, a suspend) until its time had run out
 * - `deleted`: the key was gone before its time
 * - `stolen`: another's acquire with `steal`, or something else put another value in the key
 * - `forced`: `forceRelease()`
 * - `failover`: after a reconnect or failover the server did not have it any more
 * - `quorum`: too few of Redlock's servers have it
 * - `closed`: `close()` was called while it was held
 */
export type LossReason =
	| "expired"
	| "paused"
	| "deleted"
	| "stolen"
	| "forced"
	| "failover"
	| "quorum"
	| "closed";

/** The lock was lost while it was held: others may hold it. */
export class LockLostError extends LockError {
	override readonly name = "LockLostError";
	override readonly code = "RK_LOCK_LOST";
	override readonly retryable = true;
	readonly reason: LossReason;
	/** When the loss was noticed, Unix time in ms. */
	readonly at: number;
	/** Until when the lock had been valid, Unix time in ms. */
	readonly validUntil: number;
	/** From `withLock`: what the work gave although the lock was lost; `undefined` elsewhere. */
	readonly result: unknown;

	constructor(
		key: string,
		facts: { readonly reason: LossReason; readonly at: number; readonly validUntil: number },
		options: ErrorOptions & { readonly note?: string; readonly result?: unknown } = {},
	) {
		const { note, result, ...rest } = options;
		super(key, `The lock "${key}" was lost: ${facts.reason}${note ? ` (${note})` : ""}`, rest);
		this.reason = facts.reason;
		this.at = facts.at;
		this.validUntil = facts.validUntil;
		this.result = result;
	}
}

/** What is at the lock's key is no lock of this kind: another type, or the value of another layout. Nothing was changed. */
export class LockConfigError extends LockError {
	override readonly name = "LockConfigError";
	override readonly code = "RK_LOCK_CONFIG";
	override readonly retryable = false;

	constructor(key: string, message: string, options?: ErrorOptions) {
		super(key, `The lock "${key}": ${message}`, options);
	}
}

/**
 * The lock's key has no expiry, so that nobody would ever get it: he who acquires is told so at once, however long he would wait.
 * Nothing was changed; `forceRelease()` removes it, and so does an acquire with `steal`.
 */
export class LockCorruptError extends LockError {
	override readonly name = "LockCorruptError";
	override readonly code = "RK_LOCK_CORRUPT";
	override readonly retryable = false;
	/** The token in it. */
	readonly holder: string;

	constructor(key: string, holder: string) {
		super(key, `The lock "${key}" has no expiry: whoever set it was no lock, or lost it half-way`);
		this.holder = holder;
	}
}

/**
 * Of Redlock: too few of its servers answered, or answered in time, to tell who holds the lock. It is never that another holds it.
 * `cause` is the first error of a server.
 */
export class QuorumError extends LockError {
	override readonly name = "QuorumError";
	override readonly code = "RK_LOCK_QUORUM";
	/** False where too many servers fail in a way that does not pass, such as a missing permission. */
	override readonly retryable: boolean;
	/** What each server said, in the order in which `createRedlock` was given them. */
	readonly nodes: readonly NodeVote[];
	/** How many must say yes. */
	readonly need: number;

	constructor(
		key: string,
		problem: string,
		facts: { readonly nodes: readonly NodeVote[]; readonly need: number; readonly retryable: boolean },
	) {
		const { nodes, need, retryable } = facts;
		const votes = nodes.map(({ vote }) => vote).join(", ");
		const cause = nodes.find(({ error }) => error !== undefined)?.error;
		super(
			key,
			`The lock "${key}": ${problem}; ${need} of ${nodes.length} servers must say yes, and they said: ${votes}`,
			cause === undefined ? {} : { cause },
		);
		this.nodes = nodes;
		this.need = need;
		this.retryable = retryable;
	}
}

/** A higher fence has written before: the writer's lock is lost. Nothing was changed. */
export class StaleFenceError extends LockError {
	override readonly name = "StaleFenceError";
	override readonly code = "RK_STALE_FENCE";
	override readonly retryable = false;
	/** The one that was refused. */
	readonly fence: bigint;
	/** The highest so far. */
	readonly highest: bigint;

	constructor(key: string, fence: bigint, highest: bigint) {
		super(key, `"${key}" was written with fence ${highest}, so that of fence ${fence} comes too late`);
		this.fence = fence;
		this.highest = highest;
	}
}
