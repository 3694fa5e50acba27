/** How exact a deadline is, in milliseconds: in a process that is not busy it fires up to this much late, and never early. */
const TICK_MS = 20;

/** A deadline on the wheel; its holder calls {@link DeadlineWheel.delete} when it is no longer needed. */
export interface Deadline {
	readonly tick: number;
	/** Called once: when it is late, or because the port closes. */
	readonly end: (why: "late" | "closed") => void;
}

/**
 * All deadlines of a port on one timer, since a timer for each call would cost more than the call.
 *
 * They fire after the replies that had arrived were read: a process that was paused does not time out calls whose replies
 * wait in its socket.
 */
export class DeadlineWheel {
	readonly #buckets = new Map<number, Set<Deadline>>();
	#timer: NodeJS.Timeout | undefined;
	#done = 0;

	get empty(): boolean {
		return this.#buckets.size === 0;
	}

	add(ms: number, end: Deadline["end"]): Deadline {
		const now = performance.now();
		if (this.#timer === undefined) {
			this.#done = Math.floor(now / TICK_MS);
			this.#turnSoon(now);
		}
		const deadline: Deadline = { tick: Math.max(Math.ceil((now + ms) / TICK_MS), this.#done + 1), end };
		const bucket = this.#buckets.get(deadline.tick);
		if (bucket === undefined) this.#buckets.set(deadline.tick, new Set([deadline]));
		else bucket.add(deadline);
		return deadline;
	}

	delete(deadline: Deadline): void {
		const bucket = this.#buckets.get(deadline.tick);
		if (bucket?.delete(deadline) && bucket.size === 0) this.#buckets.delete(deadline.tick);
	}

	/** How long it has to go, in milliseconds: 1 or more, since that is what a deadline takes. */
	leftMs(deadline: Deadline): number {
		return Math.max(1, deadline.tick * TICK_MS - performance.now());
	}

	/** Ends all that are left. */
	close(): void {
		for (const bucket of this.#buckets.values()) {
			for (const deadline of bucket) {
				bucket.delete(deadline);
				deadline.end("closed");
			}
		}
		this.#buckets.clear();
	}

	#turn(): void {
		const now = Math.floor(performance.now() / TICK_MS);
		for (let tick = this.#done + 1; tick <= now; tick++) {
			const bucket = this.#buckets.get(tick);
			if (bucket === undefined) continue;
			for (const deadline of bucket) {
				bucket.delete(deadline);
				deadline.end("late");
			}
			this.#buckets.delete(tick);
		}
		this.#done = Math.max(now, this.#done);
		this.#timer = undefined;
		if (this.#buckets.size > 0) this.#turnSoon(performance.now());
	}

	/** At the next tick: an interval would have a phase of its own, and each deadline would be late by that as well. */
	#turnSoon(now: number): void {
		const toTick = TICK_MS - (now % TICK_MS);
		this.#timer = setTimeout(() => setImmediate(() => this.#turn()), Math.ceil(toTick));
		this.#timer.unref();
	}
}
