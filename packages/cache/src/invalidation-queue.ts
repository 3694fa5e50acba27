import type { Events } from "./events.ts";
import type { Remote } from "./remote.ts";

/** What Redis did not confirm, and is to be done when it is back. */
export type Invalidation =
	| { readonly kind: "delete" | "expire"; readonly key: string }
	| { readonly kind: "hard" | "soft"; readonly tag: string }
	| { readonly kind: "clear" };

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 2_000;

/**
 * Invalidations that wait for Redis, the last of each key or tag; one that deletes outranks one that expires. Nothing else makes one
 * superfluous but a later write of the same key by this process: what others fill meanwhile may be from before.
 */
export class InvalidationQueue {
	readonly #max: number;
	readonly #remote: Remote;
	readonly #events: Events;
	readonly #keys = new Map<string, Invalidation>();
	readonly #tags = new Map<string, Invalidation>();
	#clear: Invalidation | undefined;
	#timer: NodeJS.Timeout | undefined;
	#retryMs = FIRST_RETRY_MS;
	#closed = false;

	constructor(max: number, remote: Remote, events: Events) {
		this.#max = max;
		this.#remote = remote;
		this.#events = events;
	}

	get size(): number {
		return this.#keys.size + this.#tags.size + (this.#clear === undefined ? 0 : 1);
	}

	/** What Redis has of the key is known to be out of date. */
	coversKey(key: string): boolean {
		return this.#clear !== undefined || this.#keys.has(key);
	}

	/** How what Redis has with this tag is known to be out of date. */
	coversTag(tag: string): "hard" | "soft" | undefined {
		const kind = this.#tags.get(tag)?.kind;
		return kind === "hard" || kind === "soft" ? kind : undefined;
	}

	/** False: it is full, and took none of them. */
	add(all: readonly Invalidation[]): boolean {
		if (this.size + all.length > this.#max) return false;
		for (const one of all) {
			if ("key" in one) {
				if (one.kind === "delete" || !this.#keys.has(one.key)) this.#keys.set(one.key, one);
			} else if ("tag" in one) {
				if (one.kind === "hard" || !this.#tags.has(one.tag)) this.#tags.set(one.tag, one);
			} else this.#clear = one;
		}
		this.#schedule();
		return true;
	}

	/** This process has written the key, and Redis has confirmed it. */
	settled(key: string): void {
		this.#keys.delete(key);
	}

	/** Does no more. */
	close(): void {
		this.#closed = true;
		clearTimeout(this.#timer);
		this.#timer = undefined;
		if (this.size === 0) return;
		const keys = [...this.#keys.keys()];
		const tags = [...this.#tags.keys()];
		const clear = this.#clear !== undefined;
		this.#keys.clear();
		this.#tags.clear();
		this.#clear = undefined;
		if (this.#events.wanted) this.#events.emit({ type: "queue-lost", keys, tags, clear });
	}

	#schedule(): void {
		if (this.#timer !== undefined || this.size === 0 || this.#closed) return;
		this.#timer = setTimeout(() => void this.#work(), this.#retryMs);
		this.#timer.unref();
		this.#retryMs = Math.min(LONGEST_RETRY_MS, 2 * this.#retryMs);
	}

	/** Does one after the other, until one fails. Never rejects. */
	async #work(): Promise<void> {
		try {
			if (this.#clear !== undefined) {
				const clear = this.#clear;
				await this.#remote.renewNamespace();
				if (this.#clear === clear) this.#clear = undefined;
			}
			for (const [tag, one] of this.#tags) {
				await this.#remote.renewTag(tag, one.kind === "soft" ? "soft" : "hard");
				if (this.#tags.get(tag) === one) this.#tags.delete(tag);
			}
			for (const [key, one] of this.#keys) {
				if (one.kind === "expire") await this.#remote.expire(key);
				else await this.#delete(key);
				if (this.#keys.get(key) === one) this.#keys.delete(key);
			}
			this.#retryMs = FIRST_RETRY_MS;
		} catch (error) {
			if (this.#events.wanted) this.#events.emit({ type: "l2-error", operation: "queue", error });
		}
		this.#timer = undefined;
		this.#schedule();
	}

	async #delete(key: string): Promise<void> {
		const { error } = await this.#remote.delete([key]);
		if (error !== undefined) throw error;
	}
}
