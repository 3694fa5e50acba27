import { CommandError } from "@rk/client";
import { BulkLoads, type Missing, valuesOf } from "./bulk-loads.ts";
import type { ManyLoader } from "./cache.ts";
import type { Call } from "./call-options.ts";
import { CHUNK, chunksOf } from "./chunks.ts";
import type { Entry } from "./entry.ts";
import type { Filling } from "./filling.ts";
import type { Loads } from "./loads.ts";
import type { Parts } from "./parts.ts";
import type { Schema } from "./presentation.ts";

/** Bytes of one lot of replies, about: of large values fewer are asked for together. */
const REPLY_BYTES = 1_048_576;

const NO_TAGS: readonly string[] = Object.freeze([]);

/** Reads and loads of many keys. */
export class Bulk {
	readonly #parts: Parts;
	readonly #loads: Loads;
	readonly #bulkLoads: BulkLoads;

	constructor(parts: Parts, loads: Loads, filling: Filling) {
		this.#parts = parts;
		this.#loads = loads;
		this.#bulkLoads = new BulkLoads(parts, loads, filling);
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
			valuesOf(await loader([key], { signal }), [key])(key, 0);
		const missing: Missing[] = [];
		const refresh: string[] = [];
		let size = CHUNK;
		try {
			for await (const chunk of chunksOf(keys, CHUNK)) {
				const cold: string[] = [];
				for (const key of new Set(chunk)) {
					if (results.has(key)) continue;
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
							this.#loads.settle(flight, late);
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
			for (const { flight } of missing) this.#loads.fail(flight, error);
			throw error;
		}
		for (const key of refresh) {
			counts.staleHits += 1;
			if (inFlight.loads.has(key)) continue;
			this.#loads.start({ ...task, key, late: undefined, loader: ({ signal }) => one(key, signal) });
		}
		void this.#bulkLoads.obtain(missing, loader, call, schema);
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
}

const NOTHING = Object.freeze({ entries: Object.freeze([]), bytes: 0 });

/** Keys of which about as many bytes come back as one lot of replies may have. */
function fitting(bytes: number, keys: number): number {
	if (bytes <= REPLY_BYTES) return CHUNK;
	return Math.max(1, Math.floor((REPLY_BYTES * keys) / bytes));
}
