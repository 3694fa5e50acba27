import { onAbort } from "@rk/client";
import { Bell } from "./bell.ts";

/** What may leave a lock behind unless it comes to its end: close() cuts its pauses short, and waits for it. */
export class Errands {
	readonly #bells = new Set<Bell>();
	/** Counted, since an acquire is to cost no promise more. */
	#running = 0;
	readonly #idle = new Bell();
	#closed = false;

	get closed(): boolean {
		return this.#closed;
	}

	/** Sleeps until the time is over, the signal aborts, `wake` is fulfilled, or everything ends. */
	async sleep(ms: number, signal?: AbortSignal, wake?: Promise<unknown>): Promise<void> {
		const bell = new Bell();
		this.#bells.add(bell);
		void wake?.then(bell.ring);
		if (signal?.aborted) bell.ring();
		const forget = signal === undefined ? undefined : onAbort(signal, bell.ring);
		try {
			await bell.sleep(ms);
		} finally {
			forget?.();
			this.#bells.delete(bell);
		}
	}

	/** Something begins that {@link end} waits for, until as many are {@link done}. */
	begin(): void {
		this.#running += 1;
	}

	readonly done = (): void => {
		this.#running -= 1;
		if (this.#running === 0 && this.#closed) this.#idle.ring();
	};

	/** Nobody has to wait for it but {@link end}. How it ends does not matter. */
	keep(work: Promise<unknown>): void {
		this.begin();
		work.then(this.done, this.done);
	}

	/** Resolves when nothing goes on any more, after `timeoutMs` at the latest. */
	async end(timeoutMs: number): Promise<void> {
		this.#closed = true;
		for (const bell of this.#bells) bell.ring();
		if (this.#running > 0) await this.#idle.sleep(timeoutMs);
	}
}
