import type { LockLostError } from "./errors.ts";

/** A lock as plain data, to hand it over to another process; see {@link Lock.detach}. */
export interface LockJson {
	readonly key: string;
	readonly token: string;
	/** Decimal; `null` without fencing. */
	readonly fence: string | null;
	readonly meta: string;
	readonly ttlMs: number;
}

/**
 * A lock that is held, or was.
 *
 * `isHeld()`, `remaining()`, `throwIfLost()` and `signal` compare the clocks when they are asked, so that they are right on the
 * first line after a pause. A loss is final: nothing makes a lost lock held again.
 */
export interface Lock extends AsyncDisposable {
	/** As the caller gave it. */
	readonly key: string;
	/** The random text that says whose lock it is. */
	readonly token: string;
	/**
	 * Higher than that of every earlier holder of this key; give it along with what you write.
	 * @throws {LockConfigError} without fencing (`fencing: false`, or `layout: "plain"`)
	 */
	readonly fence: bigint;
	/** Aborts when the lock is lost, with the {@link LockLostError} as its reason. It does not abort when it is released. */
	readonly signal: AbortSignal;
	/** Resolves when the lock is lost; never, if it is released before. */
	readonly lost: Promise<LockLostError>;
	/** Until when nobody else can have it if nothing extends it, Unix time in ms; clock drift is taken off already. */
	readonly validUntil: number;
	/** The same as milliseconds from now; 0 once it is not held. */
	remaining(): number;
	/** Nobody else can have it now, as long as the server keeps its data. */
	isHeld(): boolean;
	/** @throws {LockLostError} */
	throwIfLost(): void;

	/**
	 * Lets the lock live for `ttlMs` (default: as long as before) from now on, and each time that the watchdog extends it. It never
	 * shortens it, and never takes a lost lock anew. A lost reply is asked for again while the lock is valid.
	 *
	 * @throws {LockNotHeldError} it is not held any more
	 * @throws {CommandError} Redis did not answer; the lock is held until its validity ends
	 */
	extend(ttlMs?: number): Promise<void>;

	/**
	 * Gives the lock back. May be called again, with the same result. A lost reply is asked for again for up to
	 * `cleanupTimeoutMs`.
	 *
	 * @throws {LockNotHeldError} it was not held any more, so that what it protected may not have been
	 * @throws {CommandError} Redis did not answer; the lock ends by itself
	 */
	release(): Promise<void>;

	/**
	 * Lets go of the lock without giving it back: no watchdog, no release at the end of `await using`. It gives what
	 * {@link Locks.adopt} takes, in this process or another, while the key lives.
	 *
	 * @throws {LockNotHeldError}
	 */
	detach(): LockJson;

	toJSON(): LockJson;

	/** As {@link release}, but it never rejects: a failure is the event `release-failed`. */
	[Symbol.asyncDispose](): Promise<void>;
}
