import { LRUCache } from "lru-cache";
import type { Entry } from "./entry.ts";

export interface MemoryLimits {
	readonly max: number;
	readonly maxBytes: number | undefined;
	readonly ttlMs: number;
}

/** The first tier: this process's memory, as far as it may be trusted. */
export class Memory {
	readonly #entries: LRUCache<string, Entry>;
	readonly #ttlMs: number;
	/** By bytes. */
	readonly #bounded: boolean;
	/** Until when what it holds is what Redis holds, or not long ago did, so that it may answer. */
	#trustedUntil = 0;
	/** Longest time of an entry: shorter in an outage. */
	#capMs: number;
	#puts = 0;
	/**
	 * A hit moves its entry to the front of the list only when so many entries, a 64th, were put since it last moved: to move it each time
	 * would cost more than to find it (memcached spares it too). Of bytes a few entries may be the most: there it moves each time.
	 */
	#leeway = 0;

	constructor({ max, maxBytes, ttlMs }: MemoryLimits) {
		this.#ttlMs = ttlMs;
		this.#capMs = ttlMs;
		this.#bounded = maxBytes !== undefined;
		this.#entries = new LRUCache({
			max,
			...(maxBytes === undefined ? {} : { maxSize: maxBytes, sizeCalculation: sizeOf }),
		});
	}

	/** May answer, and take entries, until then (Unix ms). */
	trust(until: number, capMs: number = this.#ttlMs): void {
		this.#trustedUntil = until;
		this.#capMs = capMs;
	}

	isTrusted(now: number): boolean {
		return now < this.#trustedUntil;
	}

	/** An entry that answers at once. */
	fresh(key: string, now: number): Entry | undefined {
		const entry = this.#entries.peek(key);
		if (entry === undefined || now >= entry.hitUntil || now >= this.#trustedUntil) return undefined;
		// One of its tags may only just make it past its time.
		if (entry.tags !== undefined && !(stands(entry) && now < entry.hitUntil)) return undefined;
		if (this.#puts - entry.usedAt >= this.#leeway) this.#use(key, entry);
		return entry;
	}

	/** An entry that is past its time, and may be served in some case. */
	late(key: string, now: number): Entry | undefined {
		const entry = this.#entries.peek(key);
		if (entry === undefined || now >= entry.keptUntil || now >= this.#trustedUntil) return undefined;
		if (entry.tags !== undefined && !stands(entry)) return undefined;
		if (now < entry.freshUntil) return undefined;
		this.#use(key, entry);
		return entry;
	}

	/** It is the last to go. */
	#use(key: string, entry: Entry): void {
		this.#entries.get(key);
		entry.usedAt = this.#puts;
	}

	put(key: string, entry: Entry, now: number): void {
		if (now >= this.#trustedUntil || this.#capMs <= 0) return;
		entry.keptUntil = now + this.#capMs;
		entry.hitUntil = Math.min(entry.keptUntil, entry.freshUntil);
		entry.usedAt = ++this.#puts;
		this.#entries.set(key, entry);
		if (!this.#bounded) this.#leeway = this.#entries.size >> 6;
	}

	expire(key: string): void {
		this.#entries.peek(key)?.expire();
	}

	delete(key: string): void {
		this.#entries.delete(key);
	}

	clear(): void {
		this.#entries.clear();
	}

	get size(): number {
		return this.#entries.size;
	}

	/** Of encoded values. */
	get bytes(): number {
		let bytes = 0;
		for (const { size } of this.#entries.values()) bytes += size;
		return bytes;
	}
}

/** lru-cache takes no size of 0. */
function sizeOf({ size }: Entry): number {
	return Math.max(1, size);
}

/** False: one of its tags was invalidated since. One that only expired makes the entry past its time. */
function stands(entry: Entry): boolean {
	for (const { tag, gone, past } of entry.tags ?? []) {
		if (tag.gone !== gone) return false;
		if (tag.past !== past) entry.expire();
	}
	return true;
}
