import { AbortedError, onAbort } from "@rk/client";
import type { Call } from "./call-options.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Entry } from "./entry.ts";
import { LoadTimeoutError } from "./errors.ts";
import type { Fence } from "./in-flight.ts";

/** In the place of a value: it may be out of date for who came so late, and he has to ask anew. */
export const TOO_LATE: unique symbol = Symbol("too late");

interface Waiter {
	readonly call: Call;
	/** How many steps the load had made when he came. */
	readonly since: number;
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
	readonly #clock: () => number;
	readonly #deadlines: Deadlines;
	readonly #abandon: (flight: Flight) => void;
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
		fence: Fence,
		clock: () => number,
		deadlines: Deadlines,
		abandon: (flight: Flight) => void,
		owner: Owner | undefined,
	) {
		this.key = key;
		this.fence = fence;
		this.#clock = clock;
		this.#deadlines = deadlines;
		this.#abandon = abandon;
		this.#owner = owner;
	}

	/** Everybody has gone by his own signal: its result is of no use. */
	get abandoned(): boolean {
		return this.#abandoned;
	}

	/** Somebody waits for its result. */
	get awaited(): boolean {
		return this.owned || (this.#waiters !== undefined && this.#waiters.size > 0);
	}

	/** Its owner waits for it. */
	get owned(): boolean {
		return this.#owner !== undefined;
	}

	/** What there is of the key, past its time. */
	get late(): Entry | undefined {
		return this.#fallback;
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

	/** @param exact the bus cannot be relied on: if this came too late, it gets {@link TOO_LATE} */
	wait(call: Call, exact = false): Promise<unknown> {
		if (this.#stale?.isStale(this.#clock())) return this.#stale.promise();
		return new Promise((resolve, reject) => {
			const waiter: Waiter = {
				call,
				since: this.#steps,
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
		this.#abandon(this);
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

	/** @param forAll also for those who came late: there is nobody who could tell them better */
	settle(entry: Entry, forAll = false): void {
		const step = entry === this.#fallback ? this.#fallbackFor : this.#steps;
		this.#resolveAll(entry, forAll ? Number.POSITIVE_INFINITY : step);
		this.#ended?.();
	}

	fail(error: unknown): void {
		for (const waiter of this.#waiters ?? []) {
			this.#drop(waiter);
			waiter.reject(error);
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
			waiter.resolve(isTooLate(waiter, step) ? TOO_LATE : entry.take());
		}
		const owner = this.#owner;
		this.#owner = undefined;
		owner?.settled(this, entry);
	}

	#arm(waiter: Waiter): void {
		const { softTimeoutMs, hardTimeoutMs } = waiter.call.policy;
		const fallback = isTooLate(waiter, this.#fallbackFor) ? undefined : this.#fallback;
		const ms = fallback === undefined ? hardTimeoutMs : Math.min(softTimeoutMs, hardTimeoutMs);
		waiter.disarm = this.#deadlines.add(ms, () => {
			this.#kept = true; // as where an owner waits no longer
			this.#drop(waiter);
			if (fallback?.isFallback(this.#clock())) waiter.resolve(fallback.take());
			else waiter.reject(new LoadTimeoutError(this.key, hardTimeoutMs, "load"));
		});
	}

	#drop(waiter: Waiter): void {
		this.#waiters?.delete(waiter);
		waiter.disarm?.();
		waiter.off?.();
	}
}

/** He has to ask anew: what that step found may be out of date for him. */
function isTooLate({ exact, since }: Waiter, step: number): boolean {
	return exact && since >= step;
}
