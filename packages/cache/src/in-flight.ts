import type { Entry } from "./entry.ts";

/** The last invalidated keys that are remembered while something is under way, at least. Of older ones every key counts as one. */
const REMEMBERED = 5_000;

/** Which keys were invalidated, and when: counted, not by the clock. */
class Cuts {
	/** How many there were so far. */
	count = 0;
	/** Two generations, of which the older goes as a whole: to take out one key after the other costs a hundred times as much. */
	#young = new Map<string, number>();
	#old = new Map<string, number>();
	/** The count when the younger one began. */
	#turned = 0;
	/** What began before that may have been invalidated. */
	#floor = 0;
	#open = 0;

	enter(): number {
		this.#open += 1;
		return this.count;
	}

	leave(): void {
		this.#open -= 1;
		if (this.#open === 0 && this.#young.size + this.#old.size > 0) this.#forget();
	}

	add(key: string): void {
		this.count += 1;
		if (this.#open === 0) return;
		this.#young.set(key, this.count);
		if (this.#young.size < REMEMBERED) return;
		this.#floor = Math.max(this.#floor, this.#turned);
		this.#old = this.#young;
		this.#young = new Map();
		this.#turned = this.count;
	}

	addAll(): void {
		this.count += 1;
		this.#floor = this.count;
		this.#forget();
	}

	/** @param since the count when it began */
	has(key: string, since: number): boolean {
		return since < this.#floor || (this.#young.get(key) ?? this.#old.get(key) ?? 0) > since;
	}

	#forget(): void {
		this.#young = new Map();
		this.#old = new Map();
		this.#turned = this.count;
	}
}

/** What is under way for a key: a load, a read, or a write, whose result goes into memory unless the key was invalidated meanwhile. */
export class Fence {
	readonly key: string;
	readonly #cuts: Cuts | undefined;
	readonly #since: number;
	/** Once it is over. */
	#fenced: boolean | undefined;

	/** @param cuts `undefined`: there is no memory */
	constructor(key: string, cuts: Cuts | undefined) {
		this.key = key;
		this.#cuts = cuts;
		this.#since = cuts?.enter() ?? 0;
	}

	/** The key was invalidated since this began. */
	get fenced(): boolean {
		if (this.#fenced !== undefined) return this.#fenced;
		const cuts = this.#cuts;
		return cuts !== undefined && cuts.count !== this.#since && cuts.has(this.key, this.#since);
	}

	/** It is over: nothing is remembered for it any more. */
	leave(): void {
		if (this.#fenced !== undefined) return;
		this.#fenced = this.fenced;
		this.#cuts?.leave();
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
	readonly #cuts: Cuts | undefined;

	/** @param fencing there is memory that an old result must not get into */
	constructor(fencing: boolean) {
		this.#cuts = fencing ? new Cuts() : undefined;
	}

	enter(key: string): Fence {
		return new Fence(key, this.#cuts);
	}

	/** The key was invalidated: nobody joins what began before, or leaves it to that, and nothing of it goes into memory. */
	cut(key: string): void {
		this.#cuts?.add(key);
		this.loads.delete(key);
		this.refreshes.delete(key);
		this.reads.delete(key);
	}

	/** The same for every key. */
	cutAll(): void {
		this.#cuts?.addAll();
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
