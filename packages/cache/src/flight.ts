import { AbortedError, onAbort } from "@rk/client";
import type { Call } from "./call-options.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Entry } from "./entry.ts";
import { LoadTimeoutError } from "./errors.ts";
import type { Fence } from "./in-flight.ts";
import { patienceLeft } from "./patience.ts";

/** In the place of a value: it is none for this caller, who has to ask anew. */
export const ANEW: unique symbol = Symbol("anew");

interface Waiter {
	readonly call: Call;
	/** How many steps the load had made when he came. */
	readonly since: number;
	/** He came when the load went on for its own sake. */
	readonly afterOthers: boolean;
	/** What the load had found out before he came is not good enough. */
	readonly exact: boolean;
	readonly resolve: (value: unknown) => void;
	readonly reject: (error: unknown) => void;
	/** Takes back his deadline. */
	disarm: (() => void) | undefined;
	off: (() => void) | undefined;
}

/** A call for many keys, which waits for the loads that it began in its own way. */
export interface Owner {
	settled(flight: Flight, entry: Entry): void;
	failed(flight: Flight, error: unknown): void;
}

/** A load of one key, and those who wait for it, each with his own patience. */
export class Flight {
	readonly key: string;
	readonly fence: Fence;
	/** Of whoever began it: what it finds goes with these at least. */
	readonly #tags: readonly string[];
	readonly #clock: () => number;
	readonly #deadlines: Deadlines;
	/** Nobody joins it any more. */
	readonly #detach: (flight: Flight) => void;
	/** As long as it waits. */
	#owner: Owner | undefined;
	/** Made when it is needed: most loads end well with the only one who asked. */
	#waiters: Set<Waiter> | undefined;
	#controller: AbortController | undefined;
	/** What its callers were answered with, and those who join get, while it goes on. */
	#stale: Entry | undefined;
	/** What a caller gets who would wait no longer. */
	#fallback: Entry | undefined;
	/** Who came before that step may have the fallback, which it found. */
	#fallbackFor = 0;
	#loading = false;
	/** It goes on although nobody waits. */
	#kept = false;
	#abandoned = false;
	#ended: (() => void) | undefined;
	/** What the load finds out by its present step is for those who came before it. */
	#steps = 0;

	constructor(
		key: string,
		tags: readonly string[],
		fence: Fence,
		clock: () => number,
		deadlines: Deadlines,
		detach: (flight: Flight) => void,
		owner: Owner | undefined,
	) {
		this.key = key;
		this.#tags = tags;
		this.fence = fence;
		this.#clock = clock;
		this.#deadlines = deadlines;
		this.#detach = detach;
		this.#owner = owner;
	}

	/** Who began it is answered by its first look at Redis, or waits afterwards: he is not among those who wait, and counts. */
	expected = false;

	/** Everybody has gone by his own signal: its result is of no use. */
	get abandoned(): boolean {
		return this.#abandoned;
	}

	/** Somebody waits for its result. */
	get awaited(): boolean {
		return this.expected || this.owned || (this.#waiters !== undefined && this.#waiters.size > 0);
	}

	/** Its owner waits for it. */
	get owned(): boolean {
		return this.#owner !== undefined;
	}

	/** What there is of the key, past its time. */
	get late(): Entry | undefined {
		return this.#fallback;
	}

	/** It has asked Redis, or the loader. */
	get begun(): boolean {
		return this.#steps > 0;
	}

	/** Its first callers were answered, and it goes on in the background. */
	get answered(): boolean {
		return this.#stale !== undefined;
	}

	get signal(): AbortSignal {
		this.#controller ??= new AbortController();
		if (this.#abandoned) this.#controller.abort();
		return this.#controller.signal;
	}

	/**
	 * It asks Redis, or the loader, in this moment. What it is told may be out of date for those who come later, where nothing else would
	 * tell of it.
	 */
	step(): void {
		this.#steps += 1;
	}

	/**
	 * What it finds; {@link ANEW}, where that does not go with all of the call's tags.
	 *
	 * @param exact nobody tells what others invalidate: who comes too late for what it finds is told {@link ANEW}
	 */
	wait(call: Call, exact = false): Promise<unknown> {
		if (this.#stale?.isStale(this.#clock()) && this.#goesWith(this.#stale, call))
			return this.#stale.promise();
		return new Promise((resolve, reject) => {
			const waiter: Waiter = {
				call,
				since: this.#steps,
				afterOthers: this.#kept,
				exact,
				resolve,
				reject,
				disarm: undefined,
				off: undefined,
			};
			this.#waiters ??= new Set();
			this.#waiters.add(waiter);
			if (this.#loading) this.#arm(waiter);
			const { signal } = call;
			if (signal === undefined) return;
			waiter.off = onAbort(signal, () => {
				this.#drop(waiter);
				reject(new AbortedError(signal.reason, "not-sent"));
				this.#left();
			});
		});
	}

	/** Its owner waits no longer. @param kept what is loaded late is of use to others */
	disown(kept: boolean): void {
		this.#owner = undefined;
		if (kept) this.#kept = true;
		else this.#left();
	}

	#left(): void {
		if (!this.awaited && !this.#kept) this.abort();
	}

	/** Nobody wants the result. */
	abort(reason?: unknown): void {
		this.#abandoned = true;
		this.#controller?.abort(reason);
		this.#detach(this);
	}

	/** It has to be loaded: from now on callers may be out of patience. */
	load(fallback: Entry | undefined): void {
		this.#fallback = fallback;
		this.#fallbackFor = this.#steps;
		this.#loading = true;
		for (const waiter of this.#waiters ?? []) this.#arm(waiter);
	}

	/** Answers those who wait, and goes on. */
	answer(entry: Entry): void {
		this.#stale = entry;
		this.#kept = true;
		this.#resolveAll(entry, this.#steps);
	}

	settle(entry: Entry): void {
		this.#resolveAll(entry, entry === this.#fallback ? this.#fallbackFor : this.#steps);
		this.#ended?.();
	}

	fail(error: unknown): void {
		for (const waiter of this.#waiters ?? []) {
			this.#drop(waiter);
			if (isTooLate(waiter, this.#steps)) waiter.resolve(ANEW);
			else waiter.reject(error);
		}
		const owner = this.#owner;
		this.#owner = undefined;
		owner?.failed(this, error);
		this.#ended?.();
	}

	/** Resolves at its end. */
	end(): Promise<void> {
		return new Promise((resolve) => {
			this.#ended = resolve;
		});
	}

	#resolveAll(entry: Entry, step: number): void {
		for (const waiter of this.#waiters ?? []) {
			this.#drop(waiter);
			waiter.resolve(this.#suits(entry, waiter, step) ? entry.take() : ANEW);
		}
		const owner = this.#owner;
		this.#owner = undefined;
		owner?.settled(this, entry);
	}

	#arm(waiter: Waiter): void {
		const { softTimeoutMs, hardTimeoutMs } = waiter.call.policy;
		const late = this.#fallback;
		const fallback = late !== undefined && this.#suits(late, waiter, this.#fallbackFor) ? late : undefined;
		const ms = fallback === undefined ? hardTimeoutMs : Math.min(softTimeoutMs, hardTimeoutMs);
		waiter.disarm = this.#deadlines.add(patienceLeft(ms, waiter.call, this.#clock), () => {
			this.#kept = true; // as where an owner waits no longer
			this.#drop(waiter);
			if (fallback?.isFallback(this.#clock())) waiter.resolve(fallback.take());
			else {
				// Another one's patience had ended before this one's began: it may never end.
				if (waiter.afterOthers && waiter.call.waitsSince === undefined) this.#detach(this);
				waiter.reject(new LoadTimeoutError(this.key, hardTimeoutMs, "load"));
			}
		});
	}

	#suits(entry: Entry, waiter: Waiter, step: number): boolean {
		return !isTooLate(waiter, step) && this.#goesWith(entry, waiter.call);
	}

	/** With all tags of the call: otherwise their invalidation would not reach it. */
	#goesWith(entry: Entry, { tags }: Call): boolean {
		return tags.length === 0 || tags.every((tag) => this.#tags.includes(tag)) || entry.has(tags);
	}

	#drop(waiter: Waiter): void {
		this.#waiters?.delete(waiter);
		waiter.disarm?.();
		waiter.off?.();
	}
}

/** What that step found may be out of date for him. */
function isTooLate({ exact, since }: Waiter, step: number): boolean {
	return exact && since >= step;
}
