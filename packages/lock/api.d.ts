// Made by `pnpm check:api --write` from the build. Not published, not compiled: for reviews.

// @rk/lock

import { RkError, RedisPort } from '@rk/client';

/** The two clocks of a process. Replace it where time must be told to go otherwise, as in tests. */
interface Clock {
    /** Milliseconds since some fixed point; it never goes back, but may stand still while the machine sleeps. */
    monotonicMs(): number;
    /** Unix time in milliseconds; it goes on while the machine sleeps, but may be set. */
    wallMs(): number;
}

/**
 * −1, 0 or 1 as `a` is lower than, the same as, or higher than `b`: for resources that keep the highest fence themselves.
 * A fence that came through JSON or a database is decimal text.
 *
 * @throws {InvalidArgumentError} neither a bigint nor decimal text
 */
declare function compareFence(a: bigint | string, b: bigint | string): -1 | 0 | 1;

/** What one of Redlock's servers said. */
interface NodeVote {
    /** Its place in what `createRedlock` was given. */
    readonly index: number;
    /** `no`: it has another's lock, or none. `pending`: it had not answered when that was decided. */
    readonly vote: "yes" | "no" | "error" | "timeout" | "pending";
    /** Of `error` and `timeout`. */
    readonly error: unknown;
    /** How long it took, or has been asked for, in milliseconds. */
    readonly ms: number;
}

/** What goes wrong with a lock; tell kinds apart by `code`. Where Redis itself fails, the port's CommandError comes as it is. */
declare abstract class LockError extends RkError {
    /** The lock's key, as the caller gave it. */
    readonly key: string;
    /** The same call may succeed later. */
    abstract readonly retryable: boolean;
    protected constructor(key: string, message: string, options?: ErrorOptions);
}
/** Others held the lock all the time that the caller was ready to wait. */
declare class LockTimeoutError extends LockError {
    readonly name = "LockTimeoutError";
    readonly code = "RK_LOCK_TIMEOUT";
    readonly retryable = true;
    readonly waitedMs: number;
    /** How often Redis was asked. */
    readonly attempts: number;
    /** The token that held it last, if that is known. */
    readonly holder: string | undefined;
    constructor(key: string, waitedMs: number, attempts: number, holder: string | undefined, options?: ErrorOptions);
}
/** Another holds the lock, and the caller wants not to wait (`waitMs: 0`; a `deadline` that has passed is a {@link LockTimeoutError}). */
declare class LockBusyError extends LockError {
    readonly name = "LockBusyError";
    readonly code = "RK_LOCK_BUSY";
    readonly retryable = true;
    /** The token that holds it. */
    readonly holder: string | undefined;
    constructor(key: string, holder: string | undefined);
}
/** The caller's signal aborted; `cause` is its reason. No lock is left behind. */
declare class LockAbortedError extends LockError {
    readonly name = "LockAbortedError";
    readonly code = "RK_LOCK_ABORTED";
    readonly retryable = true;
    constructor(key: string, reason: unknown);
}
/** `expired`: its time ran out, or it was deleted. `taken`: another holds it, or its key has another type. `released`, `detached`: by this very holder. */
type NotHeldReason = "expired" | "taken" | "released" | "detached";
/** A lock was to be extended, released or adopted that is not held any more. */
declare class LockNotHeldError extends LockError {
    readonly name = "LockNotHeldError";
    readonly code = "RK_LOCK_NOT_HELD";
    readonly retryable = false;
    readonly reason: NotHeldReason;
    constructor(key: string, reason: NotHeldReason, options?: ErrorOptions);
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
type LossReason = "expired" | "paused" | "deleted" | "stolen" | "forced" | "failover" | "quorum" | "closed";
/** The lock was lost while it was held: others may hold it. */
declare class LockLostError extends LockError {
    readonly name = "LockLostError";
    readonly code = "RK_LOCK_LOST";
    readonly retryable = true;
    readonly reason: LossReason;
    /** When the loss was noticed, Unix time in ms. */
    readonly at: number;
    /** Until when the lock had been valid, Unix time in ms. */
    readonly validUntil: number;
    /** From `withLock`: what the work gave although the lock was lost; `undefined` elsewhere. */
    readonly result: unknown;
    constructor(key: string, facts: {
        readonly reason: LossReason;
        readonly at: number;
        readonly validUntil: number;
    }, options?: ErrorOptions & {
        readonly note?: string;
        readonly result?: unknown;
    });
}
/** What is at the lock's key is no lock of this kind: another type, or the value of another layout. Nothing was changed. */
declare class LockConfigError extends LockError {
    readonly name = "LockConfigError";
    readonly code = "RK_LOCK_CONFIG";
    readonly retryable = false;
    constructor(key: string, message: string, options?: ErrorOptions);
}
/**
 * The lock's key has no expiry, so that nobody would ever get it: he who acquires is told so at once, however long he would wait.
 * Nothing was changed; `forceRelease()` removes it, and so does an acquire with `steal`.
 */
declare class LockCorruptError extends LockError {
    readonly name = "LockCorruptError";
    readonly code = "RK_LOCK_CORRUPT";
    readonly retryable = false;
    /** The token in it. */
    readonly holder: string;
    constructor(key: string, holder: string);
}
/**
 * Of Redlock: too few of its servers answered, or answered in time, to tell who holds the lock. It is never that another holds it.
 * `cause` is the first error of a server.
 */
declare class QuorumError extends LockError {
    readonly name = "QuorumError";
    readonly code = "RK_LOCK_QUORUM";
    /** False where too many servers fail in a way that does not pass, such as a missing permission. */
    readonly retryable: boolean;
    /** What each server said, in the order in which `createRedlock` was given them. */
    readonly nodes: readonly NodeVote[];
    /** How many must say yes. */
    readonly need: number;
    constructor(key: string, problem: string, facts: {
        readonly nodes: readonly NodeVote[];
        readonly need: number;
        readonly retryable: boolean;
    });
}
/** A higher fence has written before: the writer's lock is lost. Nothing was changed. */
declare class StaleFenceError extends LockError {
    readonly name = "StaleFenceError";
    readonly code = "RK_STALE_FENCE";
    readonly retryable = false;
    /** The one that was refused. */
    readonly fence: bigint;
    /** The highest so far. */
    readonly highest: bigint;
    constructor(key: string, fence: bigint, highest: bigint);
}

/** A lock as plain data, to hand it over to another process; see {@link Lock.detach}. */
interface LockJson {
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
interface Lock extends AsyncDisposable {
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

/** What {@link Locks.inspect} finds. For people and monitoring: by the time that you read it, it may be otherwise. */
type LockInfo = {
    readonly held: false;
    readonly waiters: number;
} | {
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

/** What happens to locks; `type` tells which. Also on the diagnostics channel `rk:lock`. */
type LockEvent = 
/** Redis is asked for the lock. */
{
    readonly type: "attempt";
    readonly key: string;
}
/** Got after `waitMs`, at the `attempts`th time of asking. */
 | {
    readonly type: "acquired";
    readonly key: string;
    readonly waitMs: number;
    readonly attempts: number;
    readonly fence: bigint | undefined;
}
/** Another holds it, for `ttlMs` more if it is not extended; −1: its key has no expiry. */
 | {
    readonly type: "contended";
    readonly key: string;
    readonly holder: string;
    readonly ttlMs: number;
}
/** Redis has it still; without a watchdog it is only looked at, and `validUntil` is what it was. */
 | {
    readonly type: "extended";
    readonly key: string;
    readonly validUntil: number;
}
/** It is tried again while the lock is valid. */
 | {
    readonly type: "extend-failed";
    readonly key: string;
    readonly error: unknown;
} | {
    readonly type: "lost";
    readonly key: string;
    readonly error: LockLostError;
}
/** Given back after `holdMs`. */
 | {
    readonly type: "released";
    readonly key: string;
    readonly holdMs: number;
}
/** Nobody else hears of it where a lock is released by `await using` or `withLock`. */
 | {
    readonly type: "release-failed";
    readonly key: string;
    readonly error: unknown;
}
/** The lock of a call that had been given up came through after all, and was given back. */
 | {
    readonly type: "orphan-cleaned";
    readonly key: string;
}
/** No subscription: who waits for this lock asks from time to time; without `key`, holders do not hear of forceRelease(). */
 | {
    readonly type: "subscriber-down";
    readonly key?: string;
    readonly error: unknown;
}
/** This server may evict locks when its memory is full: its policy should be `noeviction`. */
 | {
    readonly type: "eviction-policy";
    readonly node: string;
    readonly policy: string;
}
/** The clocks of Redlock's servers differ by this or more, which is more than the drift that is allowed for. Looked at once. */
 | {
    readonly type: "clock-skew";
    readonly skewMs: number;
};
type LockListener = (event: LockEvent) => void;

/** How far the clocks of server and client may run apart. */
interface Drift {
    /** Part of the time to live, such as 0.01. */
    readonly factor: number;
    /** Milliseconds, whatever the time to live. */
    readonly ms: number;
}

/** What every kind of lock of this package may be told. */
interface HoldOptions {
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
interface LocksOptions extends HoldOptions {
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
interface TryOptions {
    /** @default the factory's */
    readonly ttlMs?: number;
    /** Any text to find in {@link Locks.inspect}, such as the host's name. @default "" */
    readonly meta?: string;
}
interface AcquireOptions extends TryOptions {
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
interface WithLockOptions extends AcquireOptions {
    /** What `withLock` does when the work has ended well, but the lock was lost on the way. @default "throw" */
    readonly onLost?: "throw" | "return";
}

/** Locks on one Redis: a server, a Sentinel group or a cluster. Made by {@link createLocks}. */
interface Locks extends AsyncDisposable {
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
    withLock<T>(key: string, work: (signal: AbortSignal, lock: Lock) => T | Promise<T>, options?: WithLockOptions): Promise<T>;
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
    forceRelease(key: string, options?: {
        readonly reason?: string;
    }): Promise<boolean>;
    /**
     * Ends all waiting (`RK_CLOSED`), watchdogs, timers and subscriptions. Locks that are held are lost to their holders (`closed`), and are
     * not given back under them: `release()` still does that, otherwise they end by themselves. Resolves once acquires, adoptions and
     * releases under way have ended, and what acquires may have been granted is given back, after `cleanupTimeoutMs` at the latest: keep
     * the port open until then.
     */
    close(): Promise<void>;
}

/**
 * Locks for one Redis. At most one holds a lock at a time while the server keeps its data; a failover to a replica that missed the
 * write may grant it twice, so give {@link Lock.fence} along with what you write.
 *
 * @throws {InvalidArgumentError}
 * @see https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/
 */
declare function createLocks(redis: RedisPort, options?: LocksOptions): Locks;

interface FencedWriteOptions {
    /** How long the value lives, in whole milliseconds; `null` keeps it. */
    readonly ttlMs: number | null;
}
/**
 * Writes `value` to `key`, unless somebody with a higher fence has written before: what a holder that lost its lock without knowing
 * it, in a pause or a failover, writes too late is refused. The same fence may write again.
 *
 * The highest fence is kept beside the key, in its slot, for as long as the value and for a day at the least: a writer that sleeps
 * longer than that, and than the value lives, is not recognised.
 *
 * @throws {StaleFenceError} nothing was changed
 * @throws {CommandError} no reply; it is safe to repeat the call
 */
declare function fencedWrite(redis: RedisPort, key: string, value: string | Buffer, fence: bigint, options: FencedWriteOptions): Promise<void>;

interface RedlockOptions extends HoldOptions {
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
type RedlockTryOptions = Pick<AcquireOptions, "ttlMs">;
type RedlockAcquireOptions = Pick<AcquireOptions, "ttlMs" | "waitMs" | "deadline" | "signal">;
type RedlockWithLockOptions = RedlockAcquireOptions & Pick<WithLockOptions, "onLost">;

/** Locks that a majority of several independent servers keeps. Made by {@link createRedlock}. */
interface Redlock extends AsyncDisposable {
    /**
     * Has the servers vote once: the lock, or `null` if others have so many votes that it could not be had.
     *
     * @throws {QuorumError} too few servers could be asked
     * @throws {LockConfigError} what is at the key is no lock of this kind
     * @throws {LockCorruptError} the key has no expiry
     */
    tryAcquire(key: string, options?: RedlockTryOptions): Promise<Lock | null>;
    /**
     * Has the servers vote until it gets the lock: `tries` times, or as often as there is time with `waitMs` or `deadline`, the last
     * time at its end. The lock has a tenth of its time to live left at least. Failures that pass are waited out as well.
     *
     * @throws {LockTimeoutError} others held it to the end
     * @throws {LockBusyError} others have it, with `waitMs: 0`
     * @throws {LockAbortedError} `signal` aborted
     * @throws {QuorumError} too few servers could be asked at the last try
     * @throws {LockConfigError} what is at the key is no lock of this kind
     * @throws {LockCorruptError} the keys of a majority have no expiry: at once
     */
    acquire(key: string, options?: RedlockAcquireOptions): Promise<Lock>;
    /**
     * As {@link Locks.withLock}.
     *
     * @throws {LockLostError} the work ended well, but under a lost lock
     * @throws as {@link acquire}
     */
    withLock<T>(key: string, work: (signal: AbortSignal, lock: Lock) => T | Promise<T>, options?: RedlockWithLockOptions): Promise<T>;
    /**
     * Ends all waiting (`RK_CLOSED`) and watchdogs. Locks that are held are lost to their holders (`closed`); `release()` still gives
     * them back. Resolves once acquires under way have ended, and what they and failed releases left on servers is given back, after
     * `cleanupTimeoutMs` at the latest.
     */
    close(): Promise<void>;
}
/**
 * Locks on several independent servers, by the Redlock algorithm: who has the votes of more than half of them holds the lock. It stays
 * usable, and exclusive, while fewer than half are down, as long as servers' clocks run at the same pace, and none that lost its
 * memory comes back within `ttlMs`. Servers are masters that do not replicate each other; each may be a different adapter's port.
 * There is no fence: `lock.fence` throws.
 *
 * An even number of servers outlasts no more failures than one less, and is warned of (`RK_EVEN_QUORUM`).
 *
 * @throws {InvalidArgumentError}
 * @see https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/#the-redlock-algorithm
 */
declare function createRedlock(servers: readonly RedisPort[], options?: RedlockOptions): Redlock;

export { LockAbortedError, LockBusyError, LockConfigError, LockCorruptError, LockError, LockLostError, LockNotHeldError, LockTimeoutError, QuorumError, StaleFenceError, compareFence, createLocks, createRedlock, fencedWrite };
export type { AcquireOptions, Clock, Drift, FencedWriteOptions, HoldOptions, Lock, LockEvent, LockInfo, LockJson, LockListener, Locks, LocksOptions, LossReason, NodeVote, NotHeldReason, Redlock, RedlockAcquireOptions, RedlockOptions, RedlockTryOptions, RedlockWithLockOptions, TryOptions, WithLockOptions };
