// Made by `pnpm check:api --write` from the build. Not published, not compiled: for reviews.

// @rk/cache

import { StandardSchemaV1 } from '@standard-schema/spec';
import { Codec } from '../shared';
export { json } from '../shared';
import { RkError, Outcome, RedisPort } from '@rk/client';

/** How long values live, and how long loads may take: of a cache, of a definition, or of one call. */
interface PolicyOptions {
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

/** A kind of value: how it is found, and how long it lives. */
interface Definition<A, T> extends PolicyOptions {
    /** The key of an argument. @default a canonical text of it: equal plain values give equal keys, all others different ones */
    readonly key?: (argument: A) => string;
    readonly load: (argument: A, context: LoadContext) => T | PromiseLike<T>;
    /**
     * Loads many at once, for `getMany`: the values in the order of the arguments, an `Error` in the place of one that failed.
     * @default `load` for each
     */
    readonly loadMany?: (missing: readonly A[], context: LoadManyContext) => ReadonlyArray<T | Error> | PromiseLike<ReadonlyArray<T | Error>>;
    /**
     * What every value must meet, as loaded and as read from Redis, where one that does not counts as missing. Callers get its output, in
     * both cases made from what the codec gives back.
     */
    readonly schema?: StandardSchemaV1<unknown, T>;
    readonly tags?: (argument: A) => readonly string[];
}
interface SignalOption {
    /** Ends this caller's wait, and the load itself when nobody else waits for it. */
    readonly signal?: AbortSignal;
}
type GetManyOptions = Pick<LoadManyOptions, "signal" | "errors">;
/** The values of one kind. Made by {@link Cache.define}. */
interface Defined<A, T> {
    /** As {@link Cache.getOrLoad}. @throws {SchemaError} what was loaded does not meet the schema */
    get(argument: A, options?: SignalOption): Promise<T>;
    /** In the order of the arguments; as {@link Cache.getOrLoadMany}. */
    getMany(args: readonly A[], options: GetManyOptions & {
        readonly errors: "return";
    }): Promise<Array<T | Error>>;
    getMany(args: readonly A[], options?: GetManyOptions & {
        readonly errors?: "throw";
    }): Promise<T[]>;
    /** As {@link Cache.peek}. */
    peek(argument: A): T | undefined;
    /** As {@link Cache.set}, with the definition's policy. @throws {SchemaError} before anything is sent */
    set(argument: A, value: T): Promise<void>;
    delete(argument: A): Promise<void>;
    expire(argument: A): Promise<void>;
    /** Loads it although it may be fresh, and gives the new value. */
    refresh(argument: A, options?: SignalOption): Promise<T>;
    /** The key of an argument in the cache. */
    keyOf(argument: A): string;
}

/** Counts since the cache was made, and what it holds now. */
interface CacheStats {
    /** Reads answered from this process's memory. */
    readonly l1Hits: number;
    /** Reads answered from Redis. */
    readonly l2Hits: number;
    /** Of both: answered with a value past its time. */
    readonly staleHits: number;
    readonly misses: number;
    /** Loaders begun. */
    readonly loads: number;
    /** Loaders that failed, and keys for which a loader of many had an error. */
    readonly loadErrors: number;
    /** Results of loads that were not written, since the key was invalidated meanwhile or the lease was lost. */
    readonly fillsDropped: number;
    /** Entries of Redis that could not be read. */
    readonly corrupt: number;
    /** Failures of Redis that reads went on without. */
    readonly l2Errors: number;
    /** Loads and reads of Redis under way. */
    readonly inFlight: number;
    /** Loads that wait for their turn (`maxConcurrentLoads`). */
    readonly waitingLoads: number;
    readonly l1Entries: number;
    /** Of encoded values. */
    readonly l1Bytes: number;
    /** `down`: memory is not used. `off`: there is no bus. */
    readonly bus: "up" | "down" | "off";
    readonly breaker: "closed" | "open" | "half-open";
    /** Invalidations that wait for Redis. */
    readonly queued: number;
}

/** What a loader is told, and what it may say about what it loads. */
interface LoadContext {
    readonly key: string;
    /** Aborts when the last caller has given up by his own signal, and when the cache is closed. */
    readonly signal: AbortSignal;
    /** What is cached, past its time: a loader may return it again. `undefined`: nothing. */
    readonly stale: unknown;
    /** How long this value is fresh, instead of the call's `ttlMs`. */
    ttlMs(ms: number): void;
    /** More tags for this value, known only now. A tag that is used for the first time ever keeps this one value from being stored. */
    tags(...tags: readonly string[]): void;
    /** The value goes to the callers, and is not cached. */
    skip(): void;
}
type Loader<T> = (context: LoadContext) => T | PromiseLike<T>;
/** What a loader of many is told. */
interface LoadManyContext {
    /** Aborts when the caller's own signal does and nobody else waits for any of the keys, and when the cache is closed. */
    readonly signal: AbortSignal;
}
/**
 * Gives the values of `keys`: by key, where a missing one is cached as `null`, or in their order. An `Error` in the place of a value says
 * that the load of this one key failed: nothing of it is cached.
 */
type ManyLoader<T> = (keys: readonly string[], context: LoadManyContext) => ManyLoaded<T> | PromiseLike<ManyLoaded<T>>;
type ManyLoaded<T> = ReadonlyMap<string, T | Error> | ReadonlyArray<T | Error>;
interface LoadOptions extends PolicyOptions {
    /** The value goes with these tags; one that is cached without one of them is not served. */
    readonly tags?: readonly string[];
    /** Ends this caller's wait, and the load itself when nobody else waits for it. */
    readonly signal?: AbortSignal;
}
interface LoadManyOptions extends LoadOptions {
    /**
     * Where keys cannot be loaded: `throw` rejects with the first of their errors; `return` gives each key's error in its place, and what
     * there is of the others. What a loader throws that is no `Error`, and an abort by `signal`, reject in either case.
     * @default "throw"
     */
    readonly errors?: "throw" | "return";
}
interface SetOptions extends Pick<PolicyOptions, "ttlMs" | "nullTtlMs" | "jitter" | "staleMs" | "staleIfErrorMs"> {
    readonly tags?: readonly string[];
}
/**
 * A cache on Redis, in memory, or both. Made by {@link createCache}.
 *
 * A value loaded before an invalidation (`set`, `delete`, `expire`, `invalidateTag`, `clear`) is never served to a call that begins after
 * the invalidation resolved: in this process, and in others wherever they read from Redis; from their memory within twice `heartbeatMs`.
 *
 * A key is any well-formed text. What is under a key is what the caller says it is: `T` is not checked, unless by the schema of a
 * {@link Cache.define | definition}.
 */
interface Cache extends AsyncDisposable {
    /**
     * The cached value, or what `loader` gives, which is then cached: it runs once for all callers of all processes who ask meanwhile.
     * `null` is cached for `nullTtlMs`, `undefined` is not. Where Redis fails the loader still answers.
     *
     * @throws what the loader throws, unless `staleIfErrorMs` allows a stale value
     * @throws {LoadTimeoutError} `hardTimeoutMs` or `loadQueueTimeoutMs` passed, and there is no stale value
     * @throws {ReentrantLoadError} it is called for the key whose loader calls it
     * @throws {AbortedError} `signal` aborted
     */
    getOrLoad<T>(key: string, loader: Loader<T>, options?: LoadOptions): Promise<T>;
    /** The cached value, if it is fresh; `undefined`: there is none (a cached `null` is `null`). Where Redis fails: `undefined`. */
    get<T = unknown>(key: string): Promise<T | undefined>;
    /** The same out of this process's memory alone, at once. */
    peek<T = unknown>(key: string): T | undefined;
    /**
     * Caches a value, and outranks every load that began earlier.
     *
     * @throws {InvalidationError} Redis did not confirm it: the old value may be served again
     * @throws {EncodeError} the codec cannot encode it, or it is larger than `maxEntryBytes`
     */
    set(key: string, value: unknown, options?: SetOptions): Promise<void>;
    /** Nothing of it is served any more, stale or not. @throws {InvalidationError} Redis did not confirm it */
    delete(key: string): Promise<void>;
    /** It counts as past its time: served only as `staleMs` and `staleIfErrorMs` allow. @throws {InvalidationError} */
    expire(key: string): Promise<void>;
    /** In the order of the keys; `undefined` where there is none. Where Redis fails: `undefined`. */
    getMany<T = unknown>(keys: readonly string[]): Promise<Array<T | undefined>>;
    /**
     * In the order of the keys. The loader is called with those that are missing, once, and again for what other processes were loading
     * and did not finish; and, in the background, with those that are served stale. A key that its Map lacks is cached as `null`, one that
     * it has an `Error` for is not cached.
     *
     * @throws as {@link getOrLoad}; one failed load fails the call, unless `errors` is `return`
     */
    getOrLoadMany<T>(keys: readonly string[], loader: ManyLoader<T>, options: LoadManyOptions & {
        readonly errors: "return";
    }): Promise<Array<T | null | Error>>;
    getOrLoadMany<T>(keys: readonly string[], loader: ManyLoader<T>, options?: LoadManyOptions & {
        readonly errors?: "throw";
    }): Promise<Array<T | null>>;
    /** @throws {InvalidationError} naming the keys that Redis did not confirm @throws {EncodeError} before anything is sent */
    setMany(entries: ReadonlyMap<string, unknown> | Iterable<readonly [string, unknown]>, options?: SetOptions): Promise<void>;
    /** @throws {InvalidationError} naming the keys that Redis did not confirm */
    deleteMany(keys: readonly string[]): Promise<void>;
    /** Whatever was cached with this tag is gone, however many keys. One command. @throws {InvalidationError} */
    invalidateTag(tag: string): Promise<void>;
    /** Whatever was cached with this tag counts as past its time, as by {@link expire}. @throws {InvalidationError} */
    expireTag(tag: string): Promise<void>;
    /** Everything of the namespace is gone for readers. One command: Redis frees the memory as the entries expire. @throws {InvalidationError} */
    clear(): Promise<void>;
    /** A kind of value with its key, its loader and its policy in one place. */
    define<A, T>(name: string, definition: Definition<A, T>): Defined<A, T>;
    /** Counts since the cache was made, and what it holds now. */
    stats(): CacheStats;
    /** Takes no more calls, aborts loaders, waits for writes under way, and leaves no timer, subscription or listener. */
    close(): Promise<void>;
}

/** What goes wrong with a cache; tell kinds apart by `code`. What a loader throws comes as it is. */
declare abstract class CacheError extends RkError {
}
/** The loader, or the queue of those that wait to load, took longer than the caller would wait, and there is no stale value. */
declare class LoadTimeoutError extends CacheError {
    readonly name = "LoadTimeoutError";
    readonly code = "RK_CACHE_LOAD_TIMEOUT";
    readonly key: string;
    readonly timeoutMs: number;
    /** `load`: `hardTimeoutMs` passed; the load goes on, and its result is cached. `queue`: `loadQueueTimeoutMs` passed before it began. */
    readonly phase: "load" | "queue";
    constructor(key: string, timeoutMs: number, phase: "load" | "queue");
}
/** A loader asked for the very key that it loads, so that each would wait for the other. */
declare class ReentrantLoadError extends CacheError {
    readonly name = "ReentrantLoadError";
    readonly code = "RK_CACHE_REENTRANT";
    readonly key: string;
    constructor(key: string);
}
/** What a writing call was to do. */
type WriteOperation = "set" | "delete" | "expire" | "invalidateTag" | "expireTag" | "clear";
/**
 * Redis did not confirm a write, so that what was cached before may be served again, here and elsewhere. This process has dropped its own
 * copy. `cause` is the port's error.
 */
declare class InvalidationError extends CacheError {
    readonly name = "InvalidationError";
    readonly code = "RK_CACHE_INVALIDATION";
    readonly operation: WriteOperation;
    /** The keys or tags that are not confirmed; empty for `clear`. */
    readonly names: readonly string[];
    /** Did the server possibly do it? */
    readonly outcome: Outcome;
    constructor(operation: WriteOperation, names: readonly string[], outcome: Outcome, cause: unknown);
}
/** The codec cannot turn the value into bytes and back. `cause` is what it threw. */
declare class EncodeError extends CacheError {
    readonly name = "EncodeError";
    readonly code = "RK_CACHE_ENCODE";
    readonly key: string;
    constructor(key: string, problem: string, options?: ErrorOptions);
}
/** What was loaded, or is to be set, does not meet the schema of its definition. */
declare class SchemaError extends CacheError {
    readonly name = "SchemaError";
    readonly code = "RK_CACHE_SCHEMA";
    readonly key: string;
    /** As the schema gave them. */
    readonly issues: ReadonlyArray<{
        readonly message: string;
    }>;
    constructor(key: string, issues: ReadonlyArray<{
        readonly message: string;
    }>);
}

/** What happens in a cache; `type` tells which. Also on the diagnostics channel `rk:cache`, each with the cache's `namespace`. */
type CacheEvent = 
/** A value was found: in this process (`l1`) or in Redis (`l2`); `stale`: past its time. */
{
    readonly type: "hit";
    readonly key: string;
    readonly tier: "l1" | "l2";
    readonly stale: boolean;
} | {
    readonly type: "miss";
    readonly key: string;
}
/** A loader ended well after `durationMs`. `stored`: its value is in Redis now, or in memory where there is no Redis. */
 | {
    readonly type: "load";
    readonly key: string;
    readonly durationMs: number;
    readonly stored: boolean;
} | {
    readonly type: "load-failed";
    readonly key: string;
    readonly error: unknown;
    readonly background: boolean;
}
/** A load's result was not written, since the key was invalidated meanwhile or the lease was lost. */
 | {
    readonly type: "fill-dropped";
    readonly key: string;
}
/** A loaded value is not to be cached: `undefined`, told so by its loader, too large, or no time to live. */
 | {
    readonly type: "skip";
    readonly key: string;
    readonly reason: SkipReason;
} | {
    readonly type: "encode-error";
    readonly key: string;
    readonly error: unknown;
}
/** What is in Redis cannot be read, and counts as missing. */
 | {
    readonly type: "corrupt";
    readonly key: string;
    readonly problem: string;
}
/** Keys, or tags, or with `clear` all, were invalidated: by this process or, as `remote`, by another. */
 | {
    readonly type: "invalidated";
    readonly operation: WriteOperation;
    readonly names: readonly string[];
    readonly remote: boolean;
}
/** Redis did not do what was asked, and a read went on without it. */
 | {
    readonly type: "l2-error";
    readonly operation: string;
    readonly error: unknown;
} | {
    readonly type: "breaker";
    readonly state: "open" | "half-open" | "closed";
}
/** `down`: invalidations of other processes may be missed, so that memory is not used until it is `up`. */
 | {
    readonly type: "bus";
    readonly state: "up" | "down";
    readonly error?: unknown;
}
/** A message on the bus could not be read: memory was cleared. */
 | {
    readonly type: "bus-malformed";
}
/** With `onInvalidationFailure: "queue"`: how many wait for Redis now. */
 | {
    readonly type: "queued";
    readonly operation: WriteOperation;
    readonly waiting: number;
}
/** `close()` was called, or the queue was full: these invalidations were never confirmed. */
 | {
    readonly type: "queue-lost";
    readonly keys: readonly string[];
    readonly tags: readonly string[];
    readonly clear: boolean;
};
type SkipReason = "undefined" | "asked" | "too-large" | "ttl";
type CacheListener = (event: CacheEvent) => void;

/** Memory of this process. */
interface L1Options {
    /** Entries at most; the least recently used goes, as of some puts ago (a 64th of the entries). @default 10_000 */
    readonly max?: number;
    /** Bytes of encoded values at most, beside `max`. @default none */
    readonly maxBytes?: number;
    /** An entry is read from Redis again after this time, in milliseconds, however long it lives there; of no effect without Redis. @default 30_000 */
    readonly ttlMs?: number;
    /** How long entries of an outage of Redis are kept, when invalidations cannot be heard of, in milliseconds; 0: not at all. @default 1_000 */
    readonly outageTtlMs?: number;
    /**
     * What callers get: `frozen` one object for all, deeply frozen, or of what cannot be frozen (binary data, Map, Set, Date) a copy each;
     * `clone` a copy each; `shared` one object for all, which nobody may change.
     * @default "frozen"
     */
    readonly mode?: "frozen" | "clone" | "shared";
}
interface CacheOptions extends PolicyOptions {
    /** What this cache's keys and its bus are known by: letters, digits, `_`, `.` and `-`. Processes with the same share one cache. */
    readonly namespace: string;
    /** Memory of this process; `false`: each read goes to Redis, and each caller gets a copy of his own. */
    readonly l1?: L1Options | false;
    /** How long one load keeps others, in any process, from loading the same key, if it is not renewed; in milliseconds. @default 15_000 */
    readonly leaseMs?: number;
    /** How long to wait for the load of another process, in milliseconds; then the key is loaded here too, and not stored. @default 5_000 */
    readonly leaseWaitMs?: number;
    /** Tells other processes what was invalidated. Without it their memory is only bound by `l1.ttlMs`. @default true */
    readonly bus?: boolean;
    /** The bus must give a sign of life this often, in milliseconds. Memory is not used when there was none for twice this time. @default 5_000 */
    readonly heartbeatMs?: number;
    /** How long one reply of Redis is waited for, in milliseconds; then a read goes on without it. @default 250 */
    readonly redisTimeoutMs?: number;
    /** So many failures of Redis within `breakerWindowMs` and reads go on without it. @default 5 */
    readonly breakerFailures?: number;
    /** @default 10_000 */
    readonly breakerWindowMs?: number;
    /** After this time one read tries Redis again, in milliseconds. @default 1_000 */
    readonly breakerCoolDownMs?: number;
    /**
     * An invalidation that Redis does not confirm: `throw` rejects with an InvalidationError; `queue` keeps it, resolves, and does it when
     * Redis is back; this process does not read those keys from Redis until then.
     * @default "throw"
     */
    readonly onInvalidationFailure?: "throw" | "queue";
    /** Keys and tags that the queue holds; when it is full, invalidations reject. @default 10_000 */
    readonly maxQueuedInvalidations?: number;
    /** Loaders that run at once in this process; the rest wait in line. @default 64 */
    readonly maxConcurrentLoads?: number;
    /** How long to wait in that line, in milliseconds. @default 10_000 */
    readonly loadQueueTimeoutMs?: number;
    /** A larger encoded value is given to its callers, but not stored. @default 1_048_576 */
    readonly maxEntryBytes?: number;
    /** @default json */
    readonly codec?: Codec;
    /** Is told what happens; what it throws becomes a process warning (`RK_LISTENER_ERROR`). */
    readonly onEvent?: CacheListener;
    /** Is given each refresh that goes on after its caller was answered, as serverless platforms ask for. */
    readonly waitUntil?: (work: Promise<void>) => void;
    /** Unix time in milliseconds. @default Date.now, read once a turn of the event loop */
    readonly clock?: () => number;
    /** From 0 up to 1, for jitter. @default Math.random */
    readonly random?: () => number;
}

/**
 * A cache: in Redis and in this process's memory; with `l1: false` in Redis alone, with `redis` `null` in memory alone.
 *
 * @throws {InvalidArgumentError}
 */
declare function createCache(redis: RedisPort | null, options: CacheOptions): Cache;

export { CacheError, Codec, EncodeError, InvalidationError, LoadTimeoutError, ReentrantLoadError, SchemaError, createCache };
export type { Cache, CacheEvent, CacheListener, CacheOptions, CacheStats, Defined, Definition, L1Options, LoadContext, LoadManyContext, LoadManyOptions, LoadOptions, Loader, ManyLoaded, ManyLoader, PolicyOptions, SetOptions, SkipReason, WriteOperation };

// @rk/cache/msgpackr

import { Codec } from '../../shared';

/**
 * MessagePack, by msgpackr: smaller than JSON, and with dates, maps, sets, big integers, `undefined` and binary data. A function inside a
 * value becomes `undefined`.
 */
declare const msgpackr: Codec;

export { msgpackr };

// shared

/** Turns values into bytes and back. What comes back is what callers get, also of what was just loaded. */
interface Codec {
    /** 0 to 127 are rk's own. It is stored with each value: what another codec wrote counts as missing, and is left alone. */
    readonly id: number;
    /** Throws where the value would not come back. */
    encode(value: unknown): Buffer;
    /** Throws where the bytes are not of this codec. */
    decode(bytes: Buffer): unknown;
}
/**
 * JSON, as `JSON.stringify` has it: a Date comes back as text, an instance of a class as a plain object. Refuses what it would lose in
 * silence: functions, symbols, NaN and infinities, maps, sets, bytes, regular expressions, errors and promises.
 */
declare const json: Codec;

export { json };
export type { Codec };
