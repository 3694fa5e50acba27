import { Bell } from "./bell.ts";

/** What goes on after the call that began it: close() cuts its pauses short, and waits for it. */
export class Errands {
	readonly #bells = new Set<Bell>();
	readonly #running = new Set<Promise<unknown>>();
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
		signal?.addEventListener("abort", bell.ring, { once: true });
		try {
			await bell.sleep(ms);
		} finally {
			signal?.removeEventListener("abort", bell.ring);
			this.#bells.delete(bell);
		}
	}

	/** Nobody has to wait for it but {@link end}. How it ends does not matter. */
	keep(work: Promise<unknown>): void {
		this.#running.add(work);
		const done = (): boolean => this.#running.delete(work);
		work.then(done, done);
	}

	/** Resolves when nothing goes on any more, after `timeoutMs` at the latest. */
	async end(timeoutMs: number): Promise<void> {
		this.#closed = true;
		for (const bell of this.#bells) bell.ring();
		await this.sleep(timeoutMs, undefined, Promise.allSettled(this.#running));
	}
}
