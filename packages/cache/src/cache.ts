import type { Defined, Definition } from "./define.ts";
import type { PolicyOptions } from "./policy.ts";
import type { CacheStats } from "./stats.ts";

/** What a loader is told, and what it may say about what it loads. */
export interface LoadContext {
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

export type Loader<T> = (context: LoadContext) => T | PromiseLike<T>;

/** What a loader of many is told. */
export interface LoadManyContext {
	/** Aborts when the caller's own signal does and nobody else waits for any of the keys, and when the cache is closed. */
	readonly signal: AbortSignal;
}

/**
 * Gives the values of `keys`: by key, where a missing one is cached as `null`, or in their order. An `Error` in the place of a value says
 * that the load of this one key failed: nothing of it is cached.
 */
export type ManyLoader<T> = (
	keys: readonly string[],
	context: LoadManyContext,
) => ManyLoaded<T> | PromiseLike<ManyLoaded<T>>;

export type ManyLoaded<T> = ReadonlyMap<string, T | Error> | ReadonlyArray<T | Error>;

export interface LoadOptions extends PolicyOptions {
	/** The value goes with these tags; one that is cached without one of them is not served. */
	readonly tags?: readonly string[];
	/** Ends this caller's wait, and the load itself when nobody else waits for it. */
	readonly signal?: AbortSignal;
}

export interface LoadManyOptions extends LoadOptions {
	/**
	 * Where keys cannot be loaded: `throw` rejects with the first of their errors; `return` gives each key's error in its place, and what
	 * there is of the others. What a loader throws that is no `Error`, and an abort by `signal`, reject in either case.
	 * @default "throw"
	 */
	readonly errors?: "throw" | "return";
}

export interface SetOptions
	extends Pick<PolicyOptions, "ttlMs" | "nullTtlMs" | "jitter" | "staleMs" | "staleIfErrorMs"> {
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
export interface Cache extends AsyncDisposable {
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
	getOrLoadMany<T>(
		keys: readonly string[],
		loader: ManyLoader<T>,
		options: LoadManyOptions & { readonly errors: "return" },
	): Promise<Array<T | null | Error>>;
	getOrLoadMany<T>(
		keys: readonly string[],
		loader: ManyLoader<T>,
		options?: LoadManyOptions & { readonly errors?: "throw" },
	): Promise<Array<T | null>>;

	/** @throws {InvalidationError} naming the keys that Redis did not confirm @throws {EncodeError} before anything is sent */
	setMany(
		entries: ReadonlyMap<string, unknown> | Iterable<readonly [string, unknown]>,
		options?: SetOptions,
	): Promise<void>;

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
