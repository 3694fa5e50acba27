import type { Entry } from "./entry.ts";

/** What is under way for a key: a load, a read, or a write, whose result goes into memory unless the key was invalidated meanwhile. */
export class Fence {
	readonly key: string;
	/** The key was invalidated since this began. */
	fenced = false;
	/** Of the same key. */
	next: Fence | undefined;

	constructor(key: string) {
		this.key = key;
	}
}

/** A load in the background of a key that others are answered for meanwhile with what is past its time. */
export interface Refresh<Load> {
	readonly load: Load;
	/** Until when (Unix ms) others leave it to this one: it may never end. */
	readonly until: number;
}

/** What is under way in this process, so that an invalidation finds it, and a second caller joins it. */
export class InFlight<Load> {
	/** Loads that may be joined. */
	readonly loads: Map<string, Load> = new Map();
	/** Loads that others leave their key to. */
	readonly refreshes: Map<string, Refresh<Load>> = new Map();
	/** Reads of Redis that may be joined. */
	readonly reads: Map<string, Promise<Entry | undefined>> = new Map();
	readonly #fences = new Map<string, Fence>();
	readonly #fencing: boolean;

	/** @param fencing there is memory that an old result must not get into */
	constructor(fencing: boolean) {
		this.#fencing = fencing;
	}

	enter(key: string): Fence {
		const fence = new Fence(key);
		if (!this.#fencing) return fence;
		fence.next = this.#fences.get(key);
		this.#fences.set(key, fence);
		return fence;
	}

	leave(fence: Fence): void {
		if (!this.#fencing) return;
		const first = this.#fences.get(fence.key);
		if (first === fence) {
			if (fence.next === undefined) this.#fences.delete(fence.key);
			else this.#fences.set(fence.key, fence.next);
			return;
		}
		for (let at = first; at !== undefined; at = at.next) {
			if (at.next !== fence) continue;
			at.next = fence.next;
			return;
		}
	}

	/** The key was invalidated: nobody joins what began before, or leaves it to that, and nothing of it goes into memory. */
	cut(key: string): void {
		for (let at = this.#fences.get(key); at !== undefined; at = at.next) at.fenced = true;
		this.#fences.delete(key);
		this.loads.delete(key);
		this.refreshes.delete(key);
		this.reads.delete(key);
	}

	/** The same for every key. */
	cutAll(): void {
		for (const key of this.#fences.keys()) this.cut(key);
		this.detachAll();
	}

	/** Nobody joins what began before; whether it goes into memory is told by its tags. */
	detachAll(): void {
		this.loads.clear();
		this.refreshes.clear();
		this.reads.clear();
	}

	get size(): number {
		return this.loads.size + this.reads.size;
	}
}
