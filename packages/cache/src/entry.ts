import type { Times } from "./envelope.ts";
import type { TagRef } from "./tags.ts";

/** A value as it is given to callers: one for all, or a copy each. */
export interface Held {
	readonly value: unknown;
	/** Makes another copy; `undefined`: all callers share the value. */
	readonly copy: (() => unknown) | undefined;
	/** Bytes of it, encoded. */
	readonly size: number;
}

/** A value, until when it may be served (Unix ms), and what else decides whether it may. */
export class Entry {
	readonly size: number;
	readonly tags: readonly TagRef[] | undefined;
	freshUntil: number;
	staleUntil: number;
	errorUntil: number;
	/** Until when memory may answer with it without asking Redis. */
	hitUntil = 0;
	/** Until when memory keeps it at all. */
	keptUntil = 0;
	/** How many entries memory had taken when it was last put or moved to the front. */
	usedAt = 0;
	readonly #value: unknown;
	readonly #copy: (() => unknown) | undefined;
	#taken = false;
	#promise: Promise<unknown> | undefined;

	constructor(
		held: Held,
		times: Omit<Times, "storedAt">,
		storedAt: number,
		tags: readonly TagRef[] | undefined,
	) {
		this.#value = held.value;
		this.#copy = held.copy;
		this.size = held.size;
		this.tags = tags;
		const { freshMs, staleMs, errorMs } = times;
		this.freshUntil = storedAt + freshMs;
		this.staleUntil = staleMs > 0 ? this.freshUntil + staleMs : 0;
		this.errorUntil = errorMs > 0 ? this.freshUntil + errorMs : 0;
	}

	/** The value, for one caller. */
	take(): unknown {
		if (this.#copy === undefined) return this.#value;
		if (this.#taken) return this.#copy();
		this.#taken = true;
		return this.#value;
	}

	/** The same, as a promise: the very same one each time where the value is shared. */
	promise(): Promise<unknown> {
		if (this.#copy !== undefined) return Promise.resolve(this.take());
		this.#promise ??= Promise.resolve(this.#value);
		return this.#promise;
	}

	/** It goes with all of these tags: otherwise their invalidation would not reach it. */
	has(tags: readonly string[]): boolean {
		for (const wanted of tags) if (!this.tags?.some(({ tag }) => tag.name === wanted)) return false;
		return true;
	}

	/** From now on it is past its time. */
	expire(): void {
		this.freshUntil = 0;
		this.hitUntil = 0;
	}

	/** It may be served while it is loaded anew. */
	isStale(now: number): boolean {
		return now < this.staleUntil;
	}

	/** It may be served if it cannot be loaded anew. */
	isFallback(now: number): boolean {
		return now < this.errorUntil;
	}
}
