/** A handler that runs. */
export interface Watched {
	readonly due: number;
	expire(): void;
}

/** Notices handlers that do not end in time, all of them on one timer, which there is only while one runs. */
export class HandlerWatch {
	readonly timeoutMs: number;
	readonly #clock: () => number;
	/** In the order in which they began, and so in that in which they are due. */
	readonly #running = new Set<Watched>();
	#timer: NodeJS.Timeout | undefined;

	constructor(timeoutMs: number, clock: () => number) {
		this.timeoutMs = timeoutMs;
		this.#clock = clock;
	}

	begin(expire: () => void): Watched {
		const watched = { due: this.#clock() + this.timeoutMs, expire };
		this.#running.add(watched);
		if (this.#timer === undefined) this.#arm(this.timeoutMs);
		return watched;
	}

	/** False where it had been given up already. */
	end(watched: Watched): boolean {
		return this.#running.delete(watched);
	}

	/** Gives up no more of them; what those that still run fail with is told nevertheless. */
	close(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
	}

	#arm(ms: number): void {
		this.#timer = setTimeout(() => this.#check(), ms);
		this.#timer.unref();
	}

	#check(): void {
		this.#timer = undefined;
		const now = this.#clock();
		for (const watched of this.#running) {
			if (watched.due > now) {
				this.#arm(Math.ceil(watched.due - now));
				return;
			}
			this.#running.delete(watched);
			watched.expire();
		}
	}
}
