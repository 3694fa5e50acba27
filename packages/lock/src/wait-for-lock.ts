import { ClosedError, onAbort } from "@rk/client";
import type { Application } from "./application.ts";
import { LockAbortedError, LockBusyError, LockCorruptError, LockTimeoutError } from "./errors.ts";
import { HeldLock } from "./held-lock.ts";
import type { ResolvedLocksOptions } from "./options.ts";
import type { Obstacle, Queue } from "./queue.ts";
import { isCode, isTransient } from "./transient.ts";
import type { WaitingRoom } from "./waiting-room.ts";

/**
 * So long before a waiter's time is over he asks for the last time, in milliseconds: enough for a reply, though the process be busy; or so
 * many times what the last reply took. With less than the least left it is too late for that.
 */
const LAST_TRY_MS = 100;
const LAST_TRY_REPLIES = 2;
const LEAST_LAST_TRY_MS = 20;

/** How long one is ready to wait. */
export interface Patience {
	/** `Infinity`: as long as it takes; 0: asks once. */
	readonly waitMs: number;
	/** What `waitMs` was made of, if it was. */
	readonly deadline: Date | undefined;
	readonly signal: AbortSignal | undefined;
	readonly retryMs: number;
}

/** One call of acquire, from its first try to its lock or its end. */
export class Wait {
	readonly #application: Application;
	readonly #room: WaitingRoom;
	readonly #options: ResolvedLocksOptions;
	readonly #patience: Patience;
	readonly #closed: () => boolean;
	readonly begun: number = performance.now();
	#obstacle: Obstacle = {};
	/** The pause before this, when polling. */
	#paused = 0;
	/** How long the last reply took. */
	#replyMs = 0;

	constructor(
		application: Application,
		room: WaitingRoom,
		options: ResolvedLocksOptions,
		patience: Patience,
		closed: () => boolean,
	) {
		this.#application = application;
		this.#room = room;
		this.#options = options;
		this.#patience = patience;
		this.#closed = closed;
	}

	get #waitedMs(): number {
		return performance.now() - this.begun;
	}

	/** Of `waitMs`. */
	get #leftMs(): number {
		const { waitMs } = this.#patience;
		return waitMs === Number.POSITIVE_INFINITY ? waitMs : waitMs - this.#waitedMs;
	}

	/** When to ask once more, before the time is over; `Infinity` when it has no end, or too little is left for a reply. */
	get #lastTryAt(): number {
		const marginMs = Math.max(LAST_TRY_MS, LAST_TRY_REPLIES * this.#replyMs);
		const leftMs = this.#leftMs;
		if (leftMs < LEAST_LAST_TRY_MS) return Number.POSITIVE_INFINITY;
		return performance.now() + leftMs - Math.min(marginMs, this.#patience.waitMs / 2);
	}

	async lock(): Promise<HeldLock> {
		const { names, steal } = this.#application.claim;
		this.#checkEnded(); // and no more: he who has no time at all is to be told what kept the lock away
		const queue = this.#room.find(names);
		const lineUp = queue !== undefined && (!queue.empty || (queue.wakeUp?.yielding ?? false));
		// Who comes while others wait takes his place behind them, and his turn among those of other processes, if he waits at all.
		if (lineUp && this.#patience.waitMs > 0 && !steal)
			return this.#room.within(names, (queue) => {
				// What was heard while nobody waited is no reason to ask before the turn, whose end is news.
				if (queue.empty) queue.asked(queue.news, this.#obstacle, this.#pauseMs(queue));
				return this.#waitIn(queue);
			});
		const news = queue?.news ?? 0;
		const lock = await this.#ask(queue?.wakeUp !== undefined);
		if (lock !== undefined) return lock;
		if (this.#patience.waitMs === 0) throw this.#tooLong();
		this.#checkOver();
		return this.#room.within(names, (queue) => {
			queue.wakeUp?.listen();
			if (queue.empty) queue.asked(news, this.#obstacle, this.#pauseMs(queue));
			return this.#waitIn(queue);
		});
	}

	async #waitIn(queue: Queue): Promise<HeldLock> {
		const { signal } = this.#patience;
		const bell = queue.join();
		const forget = signal === undefined ? undefined : onAbort(signal, bell.ring);
		try {
			for (;;) {
				this.#obstacle = queue.obstacle;
				this.#checkOver();
				const sleepMs = queue.sleepMs(bell, this.#lastTryAt);
				if (sleepMs > 0) {
					await bell.sleep(Math.min(sleepMs, this.#leftMs));
					continue;
				}
				const { news } = queue;
				const asked = performance.now();
				const lock = await this.#ask(queue.wakeUp !== undefined);
				this.#replyMs = performance.now() - asked;
				queue.wakeUp?.took(this.#replyMs);
				queue.wakeUp?.listen();
				queue.asked(news, this.#obstacle, this.#pauseMs(queue));
				if (lock !== undefined) return lock;
			}
		} finally {
			forget?.();
			queue.leave(bell);
		}
	}

	/** `undefined`: not yet. */
	async #ask(announce: boolean): Promise<HeldLock | undefined> {
		const { waitMs, signal } = this.#patience;
		const { replyTimeoutMs } = this.#options;
		const timeoutMs = waitMs === 0 ? replyTimeoutMs : Math.min(replyTimeoutMs, this.#leftMs);
		try {
			const answer = await this.#application.ask(Math.max(1, timeoutMs), announce, signal);
			if (!(answer instanceof HeldLock)) {
				if (answer.ttlMs === -1) throw new LockCorruptError(this.#application.claim.names.key, answer.holder);
				this.#obstacle = { busy: answer };
			} else {
				// Those behind have him before them, and poll from the least pause on.
				this.#obstacle = { busy: { holder: answer.token, ttlMs: answer.remaining() } };
				this.#paused = 0;
				return answer;
			}
		} catch (error) {
			if (isCode(error, "RK_ABORTED")) this.#checkOver();
			if (!isTransient(error) || waitMs === 0) throw error;
			this.#obstacle = { ...this.#obstacle, failure: error };
		}
		return undefined;
	}

	#checkOver(): void {
		this.#checkEnded();
		if (this.#patience.waitMs > 0 && this.#leftMs <= 0) throw this.#tooLong();
	}

	#checkEnded(): void {
		const { signal } = this.#patience;
		if (signal?.aborted) throw new LockAbortedError(this.#application.claim.names.key, signal.reason);
		if (this.#closed()) throw new ClosedError("The locks were closed");
	}

	/** What kept the lock away: its holder, or Redis. */
	#tooLong(): unknown {
		const { key } = this.#application.claim.names;
		const { busy, failure } = this.#obstacle;
		if (busy === undefined && failure !== undefined) return failure;
		const { waitMs, deadline } = this.#patience;
		if (waitMs === 0 && deadline === undefined) return new LockBusyError(key, busy?.holder);
		const { attempts } = this.#application;
		const options = failure === undefined ? {} : { cause: failure };
		return new LockTimeoutError(key, this.#waitedMs, attempts, busy?.holder, options);
	}

	/** How long to sleep if nobody says that the lock is free. */
	#pauseMs(queue: Queue): number {
		const { random, maxRetryMs } = this.#options;
		if (this.#obstacle.failure !== undefined || !(queue.wakeUp?.hearing ?? false))
			return this.#backoffMs(random());
		this.#paused = 0;
		const longest = maxRetryMs * (1 + random() / 4);
		const ttlMs = this.#obstacle.busy?.ttlMs ?? -1;
		// When its time to live is over; a little later, since not all who wait are to ask at once.
		return ttlMs < 0 ? longest : Math.min(longest, ttlMs + 1 + 10 * random());
	}

	/** Decorrelated jitter: each pause is random between the least and three times the one before. */
	#backoffMs(random: number): number {
		const { retryMs } = this.#patience;
		const before = Math.max(this.#paused, retryMs);
		this.#paused = Math.min(this.#options.maxRetryMs, retryMs + random * (3 * before - retryMs));
		return this.#paused;
	}
}
