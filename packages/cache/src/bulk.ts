import { CommandError, InvalidArgumentError, onAbort } from "@rk/client";
import type { ManyLoaded, ManyLoader } from "./cache.ts";
import type { Call } from "./call-options.ts";
import { chunksOf } from "./chunks.ts";
import type { Entry } from "./entry.ts";
import type { TagToken } from "./envelope.ts";
import type { Filling, Right } from "./filling.ts";
import type { Flight } from "./flight.ts";
import { Lease } from "./lease.ts";
import type { Said } from "./loader-context.ts";
import type { Loads } from "./loads.ts";
import type { Parts } from "./parts.ts";
import { longestMs } from "./policy.ts";
import type { Schema } from "./presentation.ts";
import { type Seen, stampsOf } from "./reader.ts";
import { newToken } from "./remote.ts";
import { refTo, type TagRef } from "./tags.ts";

/** Keys that are looked at in one turn of the event loop, and asked for together. */
const CHUNK = 250;
/** Values that are written in one turn: each is encoded, and goes by a script of its own. */
const FILLS = 100;
/** Bytes of one lot of replies, about: of large values fewer are asked for together. */
const REPLY_BYTES = 1_048_576;
const POLL_MS = 20;

const NO_TAGS: readonly string[] = Object.freeze([]);

/** A key that a call has to load, and what is cached of it, past its time. */
interface Missing {
	readonly flight: Flight;
	readonly late: Entry | undefined;
}

/** A key to load, with the right to write it or without. */
interface Mine extends Missing {
	readonly right: Right | undefined;
}

/** Reads and loads of many keys. */
export class Bulk {
	readonly #parts: Parts;
	readonly #loads: Loads;
	readonly #filling: Filling;

	constructor(parts: Parts, loads: Loads, filling: Filling) {
		this.#parts = parts;
		this.#loads = loads;
		this.#filling = filling;
	}

	/** In the order of the keys; `undefined` where there is none. */
	async read(keys: readonly string[]): Promise<unknown[]> {
		const { memory, clock, counts } = this.#parts;
		const found = new Map<string, Entry | undefined>();
		let size = CHUNK;
		for await (const chunk of chunksOf(keys, CHUNK)) {
			const cold: string[] = [];
			for (const key of chunk) {
				if (found.has(key)) continue;
				const entry = memory?.fresh(key, clock());
				if (entry === undefined) cold.push(key);
				else counts.l1Hits += 1;
				found.set(key, entry);
			}
			for await (const lot of chunksOf(cold, size)) {
				const { entries, bytes } = await this.#readCold(lot, NO_TAGS, undefined);
				size = fitting(bytes, lot.length);
				for (const [i, entry] of entries.entries()) {
					const fresh = entry !== undefined && clock() < entry.freshUntil ? entry : undefined;
					if (fresh === undefined) counts.misses += 1;
					else counts.l2Hits += 1;
					found.set(lot[i] ?? "", fresh);
				}
			}
		}
		return keys.map((key) => found.get(key)?.take());
	}

	/** In the order of the keys. */
	async load(
		keys: readonly string[],
		loader: ManyLoader<unknown>,
		call: Call,
		schema: Schema | undefined,
	): Promise<unknown[]> {
		const { memory, clock, counts, inFlight } = this.#parts;
		const results = new Map<string, Entry | Promise<unknown>>();
		const task = { call, schema, force: false };
		const one = async (key: string, signal: AbortSignal): Promise<unknown> =>
			valuesOf(await loader([key], { signal }), [key])[0];
		const missing: Missing[] = [];
		const refresh: string[] = [];
		let size = CHUNK;
		try {
			for await (const chunk of chunksOf([...new Set(keys)], CHUNK)) {
				const cold: string[] = [];
				for (const key of chunk) {
					const entry = memory?.fresh(key, clock());
					if (entry?.has(call.tags)) {
						counts.l1Hits += 1;
						results.set(key, entry);
					} else if (inFlight.loads.has(key)) {
						const joined = this.#loads.ask({
							...task,
							key,
							loader: ({ signal }) => one(key, signal),
							late: undefined,
						});
						joined.catch(() => {}); // whoever asks for it hears of it
						results.set(key, joined);
					} else cold.push(key);
				}
				for await (const lot of chunksOf(cold, size)) {
					const flights = lot.map((key) => this.#loads.enter(key));
					for (const flight of flights) flight.step();
					const { entries, bytes } = await this.#readCold(lot, call.tags, schema);
					size = fitting(bytes, lot.length);
					for (const [i, flight] of flights.entries()) {
						const late = entries[i];
						const now = clock();
						if (late !== undefined && (now < late.freshUntil || late.isStale(now))) {
							counts.l2Hits += 1;
							results.set(flight.key, late);
							if (now >= late.freshUntil) refresh.push(flight.key);
							this.#settle(flight, late);
							continue;
						}
						counts.misses += 1;
						missing.push({ flight, late });
						const loaded = flight.wait(call);
						loaded.catch(() => {}); // as above
						results.set(flight.key, loaded);
					}
				}
			}
		} catch (error) {
			for (const { flight } of missing) this.#fail(flight, error);
			throw error;
		}
		for (const key of refresh) {
			counts.staleHits += 1;
			if (inFlight.loads.has(key)) continue;
			this.#loads.start({ ...task, key, late: undefined, loader: ({ signal }) => one(key, signal) });
		}
		void this.#obtain(missing, loader, call, schema);
		const values: unknown[] = [];
		for await (const chunk of chunksOf(keys, CHUNK)) {
			for (const key of chunk) {
				const result = results.get(key);
				values.push(result instanceof Promise ? await result : result?.take());
			}
		}
		return values;
	}

	/** What Redis has of these keys: entries that may be served, by order, and how many bytes they came with. */
	async #readCold(
		keys: readonly string[],
		wanted: readonly string[],
		schema: Schema | undefined,
	): Promise<{ readonly entries: ReadonlyArray<Entry | undefined>; readonly bytes: number }> {
		const { redis, inFlight, memory, clock, counts, events } = this.#parts;
		if (redis === undefined || !redis.remote.admits()) return NOTHING;
		const asked = keys.filter((key) => !redis.queue.coversKey(key));
		const fences = asked.map((key) => inFlight.enter(key));
		const found = new Map<string, Entry>();
		let bytes = 0;
		try {
			const replies = await redis.remote.getMany(asked);
			const seen = await redis.reader.seenFor(replies, wanted);
			for (const [i, reply] of replies.entries()) {
				const fence = fences[i];
				if (reply === null || fence === undefined) continue;
				if (reply instanceof CommandError) throw reply;
				bytes += reply.length;
				const entry = await redis.reader.judge(fence.key, reply, wanted, schema, seen);
				if (entry === undefined) continue;
				if (!fence.fenced) memory?.put(fence.key, entry, clock());
				found.set(fence.key, entry);
			}
		} catch (error) {
			counts.l2Errors += 1;
			if (events.wanted) events.emit({ type: "l2-error", operation: "getMany", error });
		} finally {
			for (const fence of fences) inFlight.leave(fence);
		}
		return { entries: keys.map((key) => found.get(key)), bytes };
	}

	/** Loads what is missing, or has it from whoever loads it. Never rejects: each load tells its own callers. */
	async #obtain(
		missing: readonly Missing[],
		loader: ManyLoader<unknown>,
		call: Call,
		schema: Schema | undefined,
	): Promise<void> {
		const { redis, options, clock, bells } = this.#parts;
		const controller = new AbortController();
		const off =
			call.signal === undefined
				? undefined
				: onAbort(call.signal, () => {
						if (missing.every(({ flight }) => flight.abandoned)) controller.abort(call.signal?.reason);
					});
		let left = missing;
		let alone = redis === undefined || !redis.remote.admits();
		const patientUntil = clock() + options.leaseWaitMs;
		try {
			for await (const chunk of chunksOf(left, CHUNK))
				for (const { flight, late } of chunk) flight.load(late);
			while (left.length > 0) {
				const mine: Mine[] = [];
				const others: Missing[] = [];
				const round = await this.#begin(call);
				for await (const chunk of chunksOf(left, CHUNK)) {
					if (alone || round.namespaceToken === undefined)
						for (const one of chunk) mine.push({ ...one, right: undefined });
					else await this.#contend(chunk, call, schema, round, mine, others);
				}
				if (mine.length > 0) await this.#loadMine(mine, loader, call, schema, round, controller.signal);
				left = others.filter(({ flight }) => !flight.abandoned);
				const [first] = left;
				if (clock() >= patientUntil) alone = true;
				else if (first !== undefined) await bells.sleep(first.flight.key, POLL_MS);
			}
		} catch (error) {
			for (const { flight } of left) this.#fail(flight, error);
		} finally {
			off?.();
		}
	}

	/** The tags as they are before the loader runs. */
	async #begin(call: Call): Promise<Round> {
		const { redis, tags, counts, events } = this.#parts;
		const { changes } = tags;
		const before = [refTo(tags.namespace), ...tags.refs(call.tags)];
		const refs = before.slice(1);
		if (redis === undefined || redis.isDown()) return { changes, refs, namespaceToken: undefined, tags: [] };
		try {
			const lifeMs = longestMs(call.policy);
			const seen =
				redis.reader.knownFor(before, lifeMs) ??
				redis.reader.learnFor(before, await redis.remote.tokensFor(call.tags, lifeMs), lifeMs);
			const own = stampsOf(seen);
			return { changes, refs, namespaceToken: seen.namespace?.hard, tags: own };
		} catch (error) {
			counts.l2Errors += 1;
			if (events.wanted) events.emit({ type: "l2-error", operation: "tags", error });
			return { changes, refs, namespaceToken: undefined, tags: [] };
		}
	}

	async #contend(
		chunk: readonly Missing[],
		call: Call,
		schema: Schema | undefined,
		{ namespaceToken, tags }: Round,
		mine: Mine[],
		others: Missing[],
	): Promise<void> {
		const { redis, options, clock, counts, memory } = this.#parts;
		if (redis === undefined || namespaceToken === undefined) return;
		for (const { flight } of chunk) flight.step();
		const token = newToken();
		const keys = chunk.map(({ flight }) => flight.key);
		const replies = await redis.remote.acquireMany(keys, token, options.leaseMs);
		const values = replies.map((reply) => (reply instanceof CommandError ? null : reply.value));
		const seen = await redis.reader.seenFor(values, call.tags).catch(() => NOT_SEEN);
		for (const [i, one] of chunk.entries()) {
			const { flight } = one;
			const reply = replies[i];
			if (reply === undefined || reply instanceof CommandError) {
				counts.l2Errors += 1;
				mine.push({ ...one, right: undefined });
				continue;
			}
			const lease = new Lease(redis.remote, flight.key, token, reply.timeMs, options.leaseMs);
			const found =
				reply.value === null
					? undefined
					: await redis.reader.judge(flight.key, reply.value, call.tags, schema, seen);
			if (found !== undefined && clock() < found.freshUntil) {
				if (reply.got) void lease.release();
				counts.l2Hits += 1;
				if (!flight.fence.fenced) memory?.put(flight.key, found, clock());
				this.#settle(flight, found);
			} else if (reply.got) mine.push({ ...one, right: { lease, namespaceToken, tags } });
			else others.push(one);
		}
	}

	async #loadMine(
		mine: readonly Mine[],
		loader: ManyLoader<unknown>,
		call: Call,
		schema: Schema | undefined,
		{ changes, refs }: Round,
		signal: AbortSignal,
	): Promise<void> {
		const { bulkhead, nesting, counts, clock, events } = this.#parts;
		const keys = mine.map(({ flight }) => flight.key);
		const takesPlace = !nesting.nested;
		try {
			if (takesPlace) await bulkhead.enter(keys[0] ?? "");
			let values: readonly unknown[];
			try {
				counts.loads += 1;
				for (const { flight } of mine) flight.step();
				const loaded = nesting.run(keys, false, () => loader(keys, { signal }));
				values = valuesOf(await loaded, keys);
			} finally {
				if (takesPlace) bulkhead.leave();
			}
			let at = 0;
			for await (const chunk of chunksOf(mine, FILLS)) {
				const from = at;
				at += chunk.length;
				const filled = chunk.map(async ({ flight, right }, i) => {
					const { key, fence } = flight;
					const load = { key, call, schema, fence, tags: refs, changes, right, replaces: false };
					try {
						const { entry } = await this.#filling.fill(load, values[from + i], NOTHING_SAID);
						this.#settle(flight, entry);
					} catch (error) {
						void right?.lease.release();
						this.#fail(flight, error);
					}
				});
				await Promise.all(filled);
			}
		} catch (error) {
			counts.loadErrors += 1;
			for (const { flight, late, right } of mine) {
				void right?.lease.release();
				if (events.wanted) events.emit({ type: "load-failed", key: flight.key, error, background: false });
				if (late?.isFallback(clock())) this.#settle(flight, late);
				else this.#fail(flight, error);
			}
		}
	}

	#settle(flight: Flight, entry: Entry): void {
		this.#loads.leave(flight); // first: who came too late asks anew
		flight.settle(entry, this.#parts.redis?.isDown() ?? true);
	}

	#fail(flight: Flight, error: unknown): void {
		this.#loads.leave(flight);
		flight.fail(error);
	}
}

/** What was true before a loader ran. */
interface Round {
	readonly changes: number;
	readonly refs: readonly TagRef[];
	/** `undefined`: nothing can be written. */
	readonly namespaceToken: string | undefined;
	readonly tags: readonly TagToken[];
}

const NOTHING = Object.freeze({ entries: Object.freeze([]), bytes: 0 });
const NOT_SEEN: Seen = Object.freeze({ namespace: undefined, tags: new Map() });
const NOTHING_SAID: Said = Object.freeze({ ttlMs: undefined, skipped: false, tags: new Set<string>() });

/** Keys of which about as many bytes come back as one lot of replies may have. */
function fitting(bytes: number, keys: number): number {
	if (bytes <= REPLY_BYTES) return CHUNK;
	return Math.max(1, Math.floor((REPLY_BYTES * keys) / bytes));
}

/** By the order of the keys; `null` for what is missing. @throws {InvalidArgumentError} */
function valuesOf(loaded: ManyLoaded<unknown>, keys: readonly string[]): readonly unknown[] {
	if (loaded instanceof Map) return keys.map((key) => loaded.get(key) ?? null);
	if (Array.isArray(loaded) && loaded.length === keys.length) return loaded.map((value) => value ?? null);
	throw new InvalidArgumentError(
		"loader",
		loaded,
		`a function that gives a Map, or an array of ${keys.length}`,
	);
}
