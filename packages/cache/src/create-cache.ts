import { AbortedError, ClosedError, checkPort, InvalidArgumentError, type RedisPort } from "@rk/client";
import { assemble } from "./assemble.ts";
import type { Breaker } from "./breaker.ts";
import { Bulk } from "./bulk.ts";
import type { Bus } from "./bus.ts";
import type { Cache, Loader, LoadManyOptions, LoadOptions, ManyLoader, SetOptions } from "./cache.ts";
import { type Call, CallOptions } from "./call-options.ts";
import { checkDefinition, type Defined, DefinedValues, type Definition, type Host } from "./define.ts";
import type { Entry } from "./entry.ts";
import type { Events } from "./events.ts";
import { Filling } from "./filling.ts";
import { Loads } from "./loads.ts";
import type { Memory } from "./memory.ts";
import { checkText, checkTexts } from "./names.ts";
import { type CacheOptions, type ResolvedOptions, resolveOptions } from "./options.ts";
import type { Parts } from "./parts.ts";
import type { Schema } from "./presentation.ts";
import { Reads } from "./reads.ts";
import type { CacheStats, Counts } from "./stats.ts";
import type { Trust } from "./trust.ts";
import { Writes } from "./writes.ts";

/**
 * A cache: in Redis and in this process's memory; with `l1: false` in Redis alone, with `redis` `null` in memory alone.
 *
 * @throws {InvalidArgumentError}
 */
export function createCache(redis: RedisPort | null, options: CacheOptions): Cache {
	if (redis !== null) checkPort("redis", redis);
	return new TieredCache(redis, resolveOptions(options));
}

class TieredCache implements Cache {
	readonly #parts: Parts;
	readonly #trust: Trust;
	readonly #bus: Bus | undefined;
	readonly #breaker: Breaker;
	readonly #reads: Reads;
	readonly #loads: Loads;
	readonly #writes: Writes;
	readonly #bulk: Bulk;
	readonly #calls: CallOptions;
	readonly #memory: Memory | undefined;
	readonly #counts: Counts;
	readonly #events: Events;
	readonly #clock: () => number;
	#closing: Promise<void> | undefined;

	constructor(redis: RedisPort | null, options: ResolvedOptions) {
		const { parts, trust, breaker, bus } = assemble(redis, options);
		const filling = new Filling(parts);
		this.#parts = parts;
		this.#trust = trust;
		this.#bus = bus;
		this.#breaker = breaker;
		this.#reads = new Reads(parts);
		this.#loads = new Loads(parts, filling);
		this.#writes = new Writes(parts);
		this.#bulk = new Bulk(parts, this.#loads, filling);
		this.#calls = new CallOptions(options.policy);
		this.#memory = parts.memory;
		this.#counts = parts.counts;
		this.#events = parts.events;
		this.#clock = parts.clock;
		bus?.start();
	}

	getOrLoad<T>(key: string, loader: Loader<T>, options?: LoadOptions): Promise<T>;
	getOrLoad(key: string, loader: Loader<unknown>, options?: LoadOptions): Promise<unknown> {
		return this.#load(key, loader, this.#calls.load(options), undefined);
	}

	get<T = unknown>(key: string): Promise<T | undefined>;
	get(key: string): Promise<unknown> {
		const entry = this.#memory?.fresh(key, this.#clock());
		if (entry !== undefined) return this.#hit(key, entry);
		checkText("key", key);
		this.#requireOpen();
		return this.#reads.get(key);
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
		return this.#bulk.read([...keys]);
	}

	getOrLoadMany<T>(
		keys: readonly string[],
		loader: ManyLoader<T>,
		options?: LoadManyOptions,
	): Promise<Array<T | null>>;
	getOrLoadMany(
		keys: readonly string[],
		loader: ManyLoader<unknown>,
		options?: LoadManyOptions,
	): Promise<unknown[]> {
		checkTexts("keys", keys);
		return this.#getOrLoadMany(keys, loader, this.#calls.loadMany(options), undefined);
	}

	setMany(
		entries: ReadonlyMap<string, unknown> | Iterable<readonly [string, unknown]>,
		options?: SetOptions,
	): Promise<void> {
		if (typeof entries?.[Symbol.iterator] !== "function")
			throw new InvalidArgumentError("entries", entries, "a Map, or pairs of key and value");
		const keys: string[] = [];
		const values: unknown[] = [];
		for (const [key, value] of entries) {
			checkText("keys", key);
			keys.push(key);
			values.push(value);
		}
		const call = this.#calls.set(options);
		this.#requireOpen();
		return this.#writes.setMany(keys, values, call);
	}

	deleteMany(keys: readonly string[]): Promise<void> {
		checkTexts("keys", keys);
		this.#requireOpen();
		return this.#writes.delete([...keys]);
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
		this.#bulk.close();
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
		if (entry?.has(call.tags)) return this.#hit(key, entry);
		return this.#getOrLoad(key, loader, call, schema);
	}

	/** What memory has. */
	#hit(key: string, entry: Entry): Promise<unknown> {
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
		const [first = ""] = keys;
		// Only inside a loader does it matter which key it is.
		for (const key of this.#parts.nesting.nested ? [first, ...keys] : [first]) {
			const refusal = this.#refusal(key, call);
			if (refusal !== undefined) return Promise.reject(refusal);
		}
		return this.#bulk.load([...keys], loader, call, schema);
	}

	#requireOpen(): void {
		if (this.#closing !== undefined) throw closed();
	}
}

function closed(): ClosedError {
	return new ClosedError("The cache is closed");
}
