import { CommandError } from "@rk/client";
import { AskedAnew } from "./asked-anew.ts";
import { BulkLoads } from "./bulk-loads.ts";
import type { ManyLoader } from "./cache.ts";
import type { Call } from "./call-options.ts";
import { CHUNK, chunksOf } from "./chunks.ts";
import type { Entry } from "./entry.ts";
import type { Filling } from "./filling.ts";
import { ANEW, type Flight } from "./flight.ts";
import { Gathering } from "./gathering.ts";
import type { Loads } from "./loads.ts";
import { hit, l2Failed, miss } from "./outcomes.ts";
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
		const { memory, clock } = this.#parts;
		const found = new Map<string, Entry | undefined>();
		let size = CHUNK;
		for await (const chunk of chunksOf(keys, CHUNK)) {
			const cold: string[] = [];
			for (const key of chunk) {
				if (found.has(key)) continue;
				const entry = memory?.fresh(key, clock());
				if (entry === undefined) cold.push(key);
				else hit(this.#parts, key, "l1", false);
				found.set(key, entry);
			}
			for await (const lot of chunksOf(cold, size)) {
				const { entries, bytes } = await this.#readCold(lot, NO_TAGS, undefined);
				size = fitting(bytes, lot.length);
				for (const [i, entry] of entries.entries()) {
					const fresh = entry !== undefined && clock() < entry.freshUntil ? entry : undefined;
					const key = lot[i] ?? "";
					if (fresh === undefined) miss(this.#parts, key);
					else hit(this.#parts, key, "l2", false);
					found.set(key, fresh);
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
		const { deadlines, clock } = this.#parts;
		const gathering = new Gathering(call, deadlines, clock);
		const again = { ...call, waitsSince: call.waitsSince ?? clock() };
		const anew = new AskedAnew(async (late) => {
			this.#loads.requireOpen();
			return this.load(late, loader, again, schema);
		});
		const join = (key: string, under: Flight): void => {
			const value = under.wait(call, this.#loads.exact);
			gathering.join(
				key,
				value.then((found) => (found === ANEW ? anew.value(key) : found)),
			);
		};
		const missing: Flight[] = [];
		const stale: Flight[] = [];
		const task = { loader, call, schema };
		let size = CHUNK;
		for await (const chunk of chunksOf(keys, CHUNK)) {
			if (gathering.over) break;
			for await (const lot of chunksOf(this.#cold(chunk, call, gathering, join), size)) {
				const flights = lot.map((key) => this.#loads.enter(key, call.tags, gathering));
				for (const flight of flights) {
					gathering.add(flight);
					flight.step();
				}
				const { entries, bytes } = await this.#readCold(lot, call.tags, schema);
				size = fitting(bytes, lot.length);
				for (const [i, flight] of flights.entries()) this.#looked(flight, entries[i], call, missing, stale);
			}
		}
		void this.#bulkLoads.obtain(missing, task, gathering.controller);
		const refresh = this.#bulkLoads.obtain(stale, task, new AbortController());
		if (stale.length > 0) this.#parts.options.waitUntil?.(refresh);
		return gathering.values(keys);
	}

	close(): void {
		this.#bulkLoads.close();
	}

	/** Those that memory does not have, and nobody loads. */
	#cold(
		keys: readonly string[],
		call: Call,
		gathering: Gathering,
		join: (key: string, under: Flight) => void,
	): string[] {
		const { memory, clock } = this.#parts;
		const cold: string[] = [];
		for (const key of new Set(keys)) {
			if (gathering.has(key)) continue;
			const entry = memory?.fresh(key, clock());
			if (entry?.has(call.tags)) {
				hit(this.#parts, key, "l1", false);
				gathering.put(key, entry);
				continue;
			}
			const under = this.#loads.joinable(key, call);
			if (under === undefined) cold.push(key);
			else join(key, under);
		}
		return cold;
	}

	/** Answers with what there is, or has it loaded; or both. */
	#looked(flight: Flight, entry: Entry | undefined, call: Call, missing: Flight[], stale: Flight[]): void {
		const { clock, counts, backoffs } = this.#parts;
		const now = clock();
		if (entry !== undefined && now < entry.freshUntil) {
			hit(this.#parts, flight.key, "l2", false);
			this.#loads.settle(flight, entry);
			return;
		}
		const resting = entry !== undefined && now < (backoffs.get(flight.key) ?? 0);
		if (entry?.isStale(now) || (resting && entry.isFallback(now))) {
			hit(this.#parts, flight.key, "l2", true);
			counts.staleHits += 1;
			if (resting || !this.#loads.mayRefresh(flight, call)) {
				this.#loads.settle(flight, entry);
				return;
			}
			flight.answer(entry);
			stale.push(flight);
		} else {
			miss(this.#parts, flight.key);
			missing.push(flight);
		}
		flight.load(entry);
	}

	/** What Redis has of these keys: entries that may be served, by order, and how many bytes they came with. */
	async #readCold(
		keys: readonly string[],
		wanted: readonly string[],
		schema: Schema | undefined,
	): Promise<{ readonly entries: ReadonlyArray<Entry | undefined>; readonly bytes: number }> {
		const { redis, inFlight, memory, clock } = this.#parts;
		if (redis === undefined || !redis.remote.admits())
			return { entries: keys.map((key) => this.#late(key, wanted)), bytes: 0 };
		const asked = keys.filter((key) => !redis.queue.coversKey(key));
		const fences = asked.map((key) => inFlight.enter(key));
		const found = new Map<string, Entry>();
		let bytes = 0;
		let failed: unknown;
		try {
			const replies = await redis.remote.getMany(asked);
			const seen = await redis.reader.seenFor(replies, wanted);
			for (const [i, reply] of replies.entries()) {
				const fence = fences[i];
				if (reply === null || fence === undefined) continue;
				if (reply instanceof CommandError) {
					failed = reply; // of one slot, or node: it is not that of the others
					continue;
				}
				bytes += reply.length;
				const entry = await redis.reader.judge(fence.key, reply, wanted, schema, seen);
				if (entry === undefined) continue;
				if (!fence.fenced) memory?.put(fence.key, entry, clock());
				found.set(fence.key, entry);
			}
		} catch (error) {
			failed = error;
		} finally {
			for (const fence of fences) fence.leave();
		}
		if (failed !== undefined) l2Failed(this.#parts, "getMany", failed);
		return { entries: keys.map((key) => found.get(key)), bytes };
	}

	/** What memory has of it, past its time. */
	#late(key: string, wanted: readonly string[]): Entry | undefined {
		const { memory, clock } = this.#parts;
		const late = memory?.late(key, clock());
		return late?.has(wanted) ? late : undefined;
	}
}

/** Keys of which about as many bytes come back as one lot of replies may have. */
function fitting(bytes: number, keys: number): number {
	if (bytes <= REPLY_BYTES) return CHUNK;
	return Math.max(1, Math.floor((REPLY_BYTES * keys) / bytes));
}
