import { randomBytes } from "node:crypto";
import { AbortedError, ClosedError, InvalidArgumentError, type RedisPort } from "@rk/client";
import { LRUCache } from "lru-cache";
import { Breaker } from "./breaker.ts";
import { Bulk } from "./bulk.ts";
import { Bulkhead } from "./bulkhead.ts";
import { Bus } from "./bus.ts";
import type { Cache, Loader, LoadOptions, ManyLoader, SetOptions } from "./cache.ts";
import { type Call, CallOptions } from "./call-options.ts";
import { CoarseClock } from "./coarse-clock.ts";
import { checkDefinition, type Defined, DefinedValues, type Definition, type Host } from "./define.ts";
import type { Entry } from "./entry.ts";
import { Events } from "./events.ts";
import { Filling } from "./filling.ts";
import type { Flight } from "./flight.ts";
import { InFlight } from "./in-flight.ts";
import { InvalidationQueue } from "./invalidation-queue.ts";
import { LeaseBells } from "./lease-bells.ts";
import { Loads } from "./loads.ts";
import { Memory } from "./memory.ts";
import { checkText, checkTexts, Names } from "./names.ts";
import { Nesting } from "./nesting.ts";
import { type CacheOptions, type ResolvedOptions, resolveOptions } from "./options.ts";
import { Packing } from "./packing.ts";
import type { Parts, SecondTier } from "./parts.ts";
import { Presentation, type Schema } from "./presentation.ts";
import { Reader } from "./reader.ts";
import { Remote } from "./remote.ts";
import { type CacheStats, Counts } from "./stats.ts";
import { Tags } from "./tags.ts";
import { Trust } from "./trust.ts";
import { Writes } from "./writes.ts";

/** Keys that failed are remembered up to this number. */
const MAX_BACKOFFS = 10_000;

/**
 * A cache: in Redis and in this process's memory; with `l1: false` in Redis alone, with `redis` `null` in memory alone.
 *
 * @throws {InvalidArgumentError}
 */
export function createCache(redis: RedisPort | null, options: CacheOptions): Cache {
	if (redis !== null) checkPort(redis);
	return new TieredCache(redis ?? undefined, resolveOptions(options));
}

/** @throws {InvalidArgumentError} such as a driver's own client, or nothing where `null` is not said */
function checkPort(redis: RedisPort): void {
	if (typeof redis?.everyMaster === "function") return;
	throw new InvalidArgumentError("redis", redis, "what connect(), ioredisPort() or nodeRedisPort() gives, or null");
}

class TieredCache implements Cache {
	readonly #parts: Parts;
	readonly #trust: Trust;
	readonly #bus: Bus | undefined;
	readonly #breaker: Breaker;
	readonly #loads: Loads;
	readonly #writes: Writes;
	readonly #bulk: Bulk;
	readonly #calls: CallOptions;
	readonly #memory: Memory | undefined;
	readonly #counts: Counts = new Counts();
	readonly #events: Events;
	readonly #clock: () => number;
	#closing: Promise<void> | undefined;

	constructor(redis: RedisPort | undefined, options: ResolvedOptions) {
		const { namespace, l1, codec, clock = new CoarseClock().now, heartbeatMs } = options;
		if (redis === undefined && l1 === undefined)
			throw new InvalidArgumentError("l1", false, "an object where redis is null: there is nothing else");
		const hasBus = redis !== undefined && options.bus;
		const sender = randomBytes(8).toString("hex");
		const names = new Names(namespace);
		const bells = new LeaseBells();
		const inFlight = new InFlight<Flight>();
		const tags = new Tags(l1?.ttlMs ?? 0);
		this.#clock = clock;
		this.#calls = new CallOptions(options.policy);
		this.#events = new Events(namespace, options.onEvent);
		// Without Redis there is nobody to ask again.
		const keepMs = redis === undefined ? Number.POSITIVE_INFINITY : (l1?.ttlMs ?? 0);
		this.#memory = l1 === undefined ? undefined : new Memory({ ...l1, ttlMs: keepMs });
		this.#trust = new Trust(
			{ bus: hasBus, silenceMs: 2 * heartbeatMs, outageTtlMs: l1?.outageTtlMs ?? 0 },
			sender,
			this.#memory,
			tags,
			inFlight,
			bells,
			this.#events,
			clock,
		);
		this.#breaker = new Breaker(options.breaker, clock, (state) => this.#trust.breaker(state));
		const presentation = new Presentation(codec, l1?.mode ?? "clone");
		this.#parts = {
			options,
			clock,
			events: this.#events,
			counts: this.#counts,
			tags,
			memory: this.#memory,
			redis:
				redis === undefined ? undefined : this.#secondTier(redis, names, options, sender, tags, presentation),
			packing: new Packing(codec, presentation, options.random),
			inFlight,
			bells,
			bulkhead: new Bulkhead(options.maxConcurrentLoads, options.loadQueueTimeoutMs),
			nesting: new Nesting(),
			backoffs: new LRUCache({ max: MAX_BACKOFFS }),
		};
		const filling = new Filling(this.#parts);
		this.#loads = new Loads(this.#parts, filling);
		this.#writes = new Writes(this.#parts);
		this.#bulk = new Bulk(this.#parts, this.#loads, filling);
		this.#bus = hasBus ? new Bus(redis, names, sender, heartbeatMs, clock, this.#trust) : undefined;
		this.#bus?.start();
	}

	getOrLoad<T>(key: string, loader: Loader<T>, options?: LoadOptions): Promise<T>;
	getOrLoad(key: string, loader: Loader<unknown>, options?: LoadOptions): Promise<unknown> {
		const call = this.#calls.load(options);
		const entry = this.#memory?.fresh(key, this.#clock());
		if (entry !== undefined && (options === undefined || entry.has(call.tags))) {
			this.#counts.l1Hits += 1;
			if (this.#events.wanted) this.#events.emit({ type: "hit", key, tier: "l1", stale: false });
			return entry.promise();
		}
		return this.#getOrLoad(key, loader, call, undefined);
	}

	get<T = unknown>(key: string): Promise<T | undefined>;
	get(key: string): Promise<unknown> {
		const entry = this.#memory?.fresh(key, this.#clock());
		if (entry !== undefined) {
			this.#counts.l1Hits += 1;
			if (this.#events.wanted) this.#events.emit({ type: "hit", key, tier: "l1", stale: false });
			return entry.promise();
		}
		checkText("key", key);
		this.#requireOpen();
		return this.#get(key);
	}

	peek<T = unknown>(key: string): T | undefined;
	peek(key: string): unknown {
		return this.#memory?.fresh(key, this.#clock())?.take();
	}

	set(key: string, value: unknown, options?: SetOptions): Promise<void> {
		checkText("key", key);
		const call = this.#calls.set(options);
		this.#requireOpen();
		return this.#writes.set(key, value, call, undefined);
	}

	delete(key: string): Promise<void> {
		checkText("key", key);
		this.#requireOpen();
		return this.#writes.delete([key]);
	}

	expire(key: string): Promise<void> {
		checkText("key", key);
		this.#requireOpen();
		return this.#writes.expire(key);
	}

	getMany<T = unknown>(keys: readonly string[]): Promise<Array<T | undefined>>;
	getMany(keys: readonly string[]): Promise<unknown[]> {
		checkTexts("keys", keys);
		this.#requireOpen();
		return this.#bulk.read(keys);
	}

	getOrLoadMany<T>(
		keys: readonly string[],
		loader: ManyLoader<T>,
		options?: LoadOptions,
	): Promise<Array<T | null>>;
	getOrLoadMany(
		keys: readonly string[],
		loader: ManyLoader<unknown>,
		options?: LoadOptions,
	): Promise<unknown[]> {
		checkTexts("keys", keys);
		return this.#getOrLoadMany(keys, loader, this.#calls.load(options), undefined);
	}

	setMany(
		entries: ReadonlyMap<string, unknown> | Iterable<readonly [string, unknown]>,
		options?: SetOptions,
	): Promise<void> {
		const all = new Map(entries);
		checkTexts("keys", [...all.keys()]);
		const call = this.#calls.set(options);
		this.#requireOpen();
		return this.#writes.setMany(all, call);
	}

	deleteMany(keys: readonly string[]): Promise<void> {
		checkTexts("keys", keys);
		this.#requireOpen();
		return this.#writes.delete([...new Set(keys)]);
	}

	invalidateTag(tag: string): Promise<void> {
		checkText("tag", tag);
		this.#requireOpen();
		return this.#writes.renewTag(tag, "hard");
	}

	expireTag(tag: string): Promise<void> {
		checkText("tag", tag);
		this.#requireOpen();
		return this.#writes.renewTag(tag, "soft");
	}

	clear(): Promise<void> {
		this.#requireOpen();
		return this.#writes.clear();
	}

	define<A, T>(name: string, definition: Definition<A, T>): Defined<A, T> {
		checkDefinition(name, definition);
		return new DefinedValues(name, definition, this.#host, this.#parts.options.policy);
	}

	stats(): CacheStats {
		const { inFlight, bulkhead } = this.#parts;
		return {
			...this.#counts,
			inFlight: inFlight.size,
			waitingLoads: bulkhead.waiting,
			l1Entries: this.#memory?.size ?? 0,
			l1Bytes: this.#memory?.bytes ?? 0,
			bus: this.#trust.bus,
			breaker: this.#breaker.state,
			queued: this.#parts.redis?.queue.size ?? 0,
		};
	}

	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	async #close(): Promise<void> {
		this.#trust.close();
		this.#parts.redis?.queue.close();
		await Promise.all([this.#loads.close(), this.#bus?.close()]);
	}

	/** What definitions are given. */
	readonly #host: Host = {
		load: (key, loader, call, schema) => this.#load(key, loader, call, schema),
		loadMany: (keys, loader, call, schema) => this.#getOrLoadMany(keys, loader, call, schema),
		refresh: (key, loader, call, schema) => this.#refresh(key, loader, call, schema),
		set: (key, value, call, schema) => {
			this.#requireOpen();
			return this.#writes.set(key, value, call, schema);
		},
		peek: (key) => this.peek(key),
		delete: (key) => this.delete(key),
		expire: (key) => this.expire(key),
	};

	#load(key: string, loader: Loader<unknown>, call: Call, schema: Schema | undefined): Promise<unknown> {
		const entry = this.#memory?.fresh(key, this.#clock());
		if (entry === undefined || !entry.has(call.tags)) return this.#getOrLoad(key, loader, call, schema);
		this.#counts.l1Hits += 1;
		if (this.#events.wanted) this.#events.emit({ type: "hit", key, tier: "l1", stale: false });
		return entry.promise();
	}

	#refresh(key: string, loader: Loader<unknown>, call: Call, schema: Schema | undefined): Promise<unknown> {
		checkText("key", key);
		const refusal = this.#refusal(key, call);
		if (refusal !== undefined) return Promise.reject(refusal);
		// What is under way may have begun before what the caller has seen change.
		this.#parts.inFlight.cut(key);
		return this.#loads.start({ key, loader, call, schema, late: undefined, force: true }).wait(call);
	}

	/** Why a load cannot begin. */
	#refusal(key: string, { signal }: Call): Error | undefined {
		if (this.#closing !== undefined) return closed();
		if (signal?.aborted) return new AbortedError(signal.reason, "not-sent");
		return this.#parts.nesting.conflict(key);
	}

	/** What memory does not have. */
	#getOrLoad(key: string, loader: Loader<unknown>, call: Call, schema: Schema | undefined): Promise<unknown> {
		checkText("key", key);
		if (typeof loader !== "function") throw new InvalidArgumentError("loader", loader, "a function");
		const refusal = this.#refusal(key, call);
		if (refusal !== undefined) return Promise.reject(refusal);
		const late = this.#memory?.late(key, this.#clock());
		const known = late?.has(call.tags) ? late : undefined;
		return this.#loads.ask({ key, loader, call, schema, late: known, force: false });
	}

	#getOrLoadMany(
		keys: readonly string[],
		loader: ManyLoader<unknown>,
		call: Call,
		schema: Schema | undefined,
	): Promise<unknown[]> {
		if (typeof loader !== "function") throw new InvalidArgumentError("loader", loader, "a function");
		for (const key of keys.length === 0 ? [""] : keys) {
			const refusal = this.#refusal(key, call);
			if (refusal !== undefined) return Promise.reject(refusal);
		}
		return this.#bulk.load(keys, loader, call, schema);
	}

	async #get(key: string): Promise<unknown> {
		const { inFlight, events } = this.#parts;
		let read = inFlight.reads.get(key);
		if (read === undefined) {
			const own = this.#read(key);
			read = own;
			inFlight.reads.set(key, own);
			const end = (): void => {
				if (inFlight.reads.get(key) === own) inFlight.reads.delete(key);
			};
			// Where nobody tells of invalidations, one may not join a read that has left.
			if (this.#memory?.isTrusted(this.#clock())) void own.then(end);
			else queueMicrotask(end);
		}
		const entry = await read;
		if (entry !== undefined) return entry.take();
		this.#counts.misses += 1;
		if (events.wanted) events.emit({ type: "miss", key });
		return undefined;
	}

	/** Never rejects: where Redis fails there is nothing. */
	async #read(key: string): Promise<Entry | undefined> {
		const { redis, inFlight, events } = this.#parts;
		if (redis === undefined || redis.queue.coversKey(key) || !redis.remote.admits()) return undefined;
		const fence = inFlight.enter(key);
		try {
			const entry = await redis.reader.read(key, NO_TAGS, undefined);
			if (entry === undefined) return undefined;
			const now = this.#clock();
			if (!fence.fenced) this.#memory?.put(key, entry, now);
			if (now >= entry.freshUntil) return undefined;
			this.#counts.l2Hits += 1;
			if (events.wanted) events.emit({ type: "hit", key, tier: "l2", stale: false });
			return entry;
		} catch (error) {
			this.#counts.l2Errors += 1;
			if (events.wanted) events.emit({ type: "l2-error", operation: "get", error });
			return undefined;
		} finally {
			inFlight.leave(fence);
		}
	}

	#secondTier(
		redis: RedisPort,
		names: Names,
		options: ResolvedOptions,
		sender: string,
		tags: Tags,
		presentation: Presentation,
	): SecondTier {
		const { bus, redisTimeoutMs, codec } = options;
		const remote = new Remote(redis, names, this.#breaker, redisTimeoutMs, bus, sender);
		const queue = new InvalidationQueue(options.maxQueuedInvalidations, remote, this.#events);
		return {
			remote,
			queue,
			reader: new Reader(
				remote,
				this.#memory,
				tags,
				queue,
				codec,
				presentation,
				this.#clock,
				this.#events,
				this.#counts,
			),
			manyClocks: redis.topology.kind === "cluster",
			isDown: () => this.#breaker.state !== "closed",
		};
	}

	#requireOpen(): void {
		if (this.#closing !== undefined) throw closed();
	}
}

const NO_TAGS: readonly string[] = Object.freeze([]);

function closed(): ClosedError {
	return new ClosedError("The cache is closed");
}
