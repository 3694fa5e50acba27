import type { Lock, LockJson } from "./lock.ts";
import type { LockInfo } from "./lock-info.ts";
import type { AcquireOptions, TryOptions, WithLockOptions } from "./options.ts";

/** Locks on one Redis: a server, a Sentinel group or a cluster. Made by {@link createLocks}. */
export interface Locks extends AsyncDisposable {
	/**
	 * Asks once: the lock, or `null` if another holds it. A lost reply is asked for again within `replyTimeoutMs`.
	 *
	 * @throws {LockConfigError} what is at the key is no lock of this kind
	 * @throws {LockCorruptError} the key has no expiry
	 * @throws {CommandError} no answer; what may have been granted is given back
	 */
	tryAcquire(key: string, options?: TryOptions): Promise<Lock | null>;

	/**
	 * Waits for the lock. It has a tenth of its time to live left at least when it is handed out. Who comes first in this process gets it
	 * first; between processes it is by chance. Failures of Redis that pass are waited out as well. The first asks once more shortly
	 * before `waitMs` or `deadline` ends, since a lock may end without a message.
	 *
	 * @throws {LockTimeoutError} others held it for all of `waitMs`, or until `deadline`
	 * @throws {LockBusyError} another holds it, with `waitMs: 0`
	 * @throws {LockAbortedError} `signal` aborted
	 * @throws {LockConfigError} what is at the key is no lock of this kind
	 * @throws {LockCorruptError} the key has no expiry: at once
	 * @throws {CommandError} it was Redis that did not answer
	 */
	acquire(key: string, options?: AcquireOptions): Promise<Lock>;

	/**
	 * Runs `work` under the lock and gives the lock back. Its result is yours only if the lock was held to the end.
	 *
	 * What `work` throws is thrown on, with an error of the release as its `suppressed`, unless it has one, or is no error; that, and a
	 * release that fails after good work, is the event `release-failed`, unless it is thrown as the loss of the lock. A lock that the
	 * work detached is not given back.
	 *
	 * @throws {LockLostError} the work ended well, but under a lost lock (`onLost: "return"`: its result is returned); `result` has it
	 * @throws as {@link acquire}
	 */
	withLock<T>(
		key: string,
		work: (signal: AbortSignal, lock: Lock) => T | Promise<T>,
		options?: WithLockOptions,
	): Promise<T>;

	/**
	 * Takes over a lock that its holder {@link Lock.detach | detached}, or whose token you know; it lives for its `ttlMs` from now on.
	 *
	 * It has a tenth of that left at least when it is handed out.
	 *
	 * @throws {LockNotHeldError} its token does not hold it any more
	 * @throws {CommandError} no answer of use within `replyTimeoutMs`: nobody holds it here, and its key may live for `ttlMs` more
	 */
	adopt(json: LockJson): Promise<Lock>;

	/**
	 * @throws {LockConfigError} the key holds another type
	 * @throws {LockCorruptError} the key has no expiry
	 */
	inspect(key: string): Promise<LockInfo>;

	/** For people and monitoring: it may be otherwise by the time that you read it. @throws {LockConfigError} */
	isLocked(key: string): Promise<boolean>;

	/**
	 * Deletes the lock, whoever holds it. The holder's `signal` aborts at once, with the reason `forced`; one whose factory polls
	 * (`wait: "poll"`) learns of it by his watchdog, as `deleted`. While he has not noticed, two may work. `reason` is added to his
	 * error's message. False: there was no lock.
	 *
	 * @throws {LockConfigError} the key holds another type: it stays
	 */
	forceRelease(key: string, options?: { readonly reason?: string }): Promise<boolean>;

	/**
	 * Ends all waiting (`RK_CLOSED`), watchdogs, timers and subscriptions. Locks that are held are lost to their holders (`closed`), and are
	 * not given back under them: `release()` still does that, otherwise they end by themselves. Resolves once acquires, adoptions and
	 * releases under way have ended, and what acquires may have been granted is given back, after `cleanupTimeoutMs` at the latest: keep
	 * the port open until then.
	 */
	close(): Promise<void>;
}
