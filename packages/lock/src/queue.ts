import { Bell } from "./bell.ts";
import type { Busy } from "./lock-store.ts";
import type { WakeUp } from "./wake-up.ts";

/** What kept the lock away when Redis was last asked: its holder, or that Redis failed, perhaps after it had named the holder. */
export interface Obstacle {
	readonly busy?: Busy;
	readonly failure?: unknown;
}

/**
 * Those in this process who wait for one lock, in the order in which they came. Only the first of them asks Redis, so that
 * the number of commands grows with processes, not with waiters.
 */
export class Queue {
	readonly wakeUp: WakeUp | undefined;
	readonly #waiters = new Set<Bell>();
	#news = 0;
	/** The news there were before Redis was last asked. */
	#asked = -1;
	#askedAt = 0;
	#dueAt = 0;
	#obstacle: Obstacle = {};

	/** @param listen what is heard is for `this`; `undefined`: the first in line polls */
	constructor(listen: ((queue: Queue) => WakeUp) | undefined) {
		this.wakeUp = listen?.(this);
	}

	get empty(): boolean {
		return this.#waiters.size === 0;
	}

	/** Grows with each reason to ask Redis again. */
	get news(): number {
		return this.#news;
	}

	/** What all who wait know of it, since one asks for them. */
	get obstacle(): Obstacle {
		return this.#obstacle;
	}

	join(): Bell {
		const bell = new Bell();
		this.#waiters.add(bell);
		return bell;
	}

	leave(bell: Bell): void {
		const first = this.#first();
		this.#waiters.delete(bell);
		if (first === bell) this.#first()?.ring();
	}

	/**
	 * How long this waiter is to sleep: 0 if it is to ask now, `Infinity` if it is not the first. When it is not to wait longer than
	 * `lastAt`, it is to ask then, unless somebody has since.
	 */
	sleepMs(bell: Bell, lastAt: number): number {
		if (this.#first() !== bell) return Number.POSITIVE_INFINITY;
		if (this.#asked !== this.#news) return 0;
		const dueAt = this.#askedAt < lastAt ? Math.min(this.#dueAt, lastAt) : this.#dueAt;
		return Math.max(0, dueAt - performance.now());
	}

	/** Redis was asked, when there were these news, and is to be asked again after `pauseMs` if there are none. */
	asked(news: number, obstacle: Obstacle, pauseMs: number): void {
		this.#asked = news;
		this.#obstacle = obstacle;
		this.#askedAt = performance.now();
		this.#dueAt = this.#askedAt + pauseMs;
	}

	/** The lock may be free. One is woken: the others would ask in vain. */
	tell(): void {
		this.#news += 1;
		this.#first()?.ring();
	}

	/** Somebody has it, for so long if nothing extends it: who has not asked himself could not know. */
	taken(ttlMs: number): void {
		const dueAt = performance.now() + ttlMs;
		if (dueAt >= this.#dueAt) return;
		this.#dueAt = dueAt;
		this.#first()?.ring();
	}

	/** Wakes everybody, to see that it is over. */
	end(): void {
		for (const bell of this.#waiters) bell.ring();
	}

	#first(): Bell | undefined {
		return this.#waiters.values().next().value;
	}
}
