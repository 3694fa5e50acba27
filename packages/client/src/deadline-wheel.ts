/** How exact a deadline is, in milliseconds: in a process that is not busy it fires up to this much late, and never early. */
const TICK_MS = 20;

/**
 * A deadline on the wheel; its holder calls {@link DeadlineWheel.delete} when it is no longer needed. Those of one tick are a ring,
 * since most are taken off within a round trip: a set, made for one call after the other, cost twice as much.
 */
export class Deadline {
	readonly tick: number;
	/** Called once: when it is late, or because the port closes. */
	readonly end: (why: "late" | "closed") => void;
	#next: Deadline = this;
	#previous: Deadline = this;

	constructor(tick: number, end: Deadline["end"]) {
		this.tick = tick;
		this.end = end;
	}

	/** The one after it in its ring; itself, if it is alone. */
	get next(): Deadline {
		return this.#next;
	}

	get alone(): boolean {
		return this.#next === this;
	}

	putBefore(other: Deadline): void {
		this.#next = other;
		this.#previous = other.#previous;
		other.#previous.#next = this;
		other.#previous = this;
	}

	takeOut(): void {
		this.#previous.#next = this.#next;
		this.#next.#previous = this.#previous;
		this.#next = this;
		this.#previous = this;
	}
}

/**
 * All deadlines of a port on one timer, since a timer for each call would cost more than the call.
 *
 * They fire after the replies that had arrived were read: a process that was paused does not time out calls whose replies
 * wait in its socket.
 */
export class DeadlineWheel {
	/** Of each tick, a deadline that is none, in a ring with those of the tick. */
	readonly #rings = new Map<number, Deadline>();
	/** The last that was added to. It may be empty: one call after the other would make a ring for each. */
	#latest: Deadline | undefined;
	#size = 0;
	#timer: NodeJS.Timeout | undefined;
	#done = 0;

	get empty(): boolean {
		return this.#size === 0;
	}

	add(ms: number, end: Deadline["end"]): Deadline {
		const now = performance.now();
		if (this.#timer === undefined) {
			this.#done = Math.floor(now / TICK_MS);
			this.#turnSoon(now);
		}
		const deadline = new Deadline(Math.max(Math.ceil((now + ms) / TICK_MS), this.#done + 1), end);
		deadline.putBefore(this.#ringOf(deadline.tick));
		this.#size += 1;
		return deadline;
	}

	delete(deadline: Deadline): void {
		if (deadline.alone) return;
		const { next } = deadline;
		this.#takeOut(deadline);
		if (next.alone) this.#drop(next);
	}

	/** How long it has to go, in milliseconds: 1 or more, since that is what a deadline takes. */
	leftMs(deadline: Deadline): number {
		return Math.max(1, deadline.tick * TICK_MS - performance.now());
	}

	/** Ends all that are left. */
	close(): void {
		for (const ring of this.#rings.values()) this.#end(ring, "closed");
		this.#rings.clear();
		this.#latest = undefined;
	}

	#ringOf(tick: number): Deadline {
		const latest = this.#latest;
		if (latest?.tick === tick) return latest;
		const ring = this.#rings.get(tick) ?? new Deadline(tick, () => {});
		this.#rings.set(tick, ring);
		this.#latest = ring;
		if (latest?.alone) this.#drop(latest);
		return ring;
	}

	/** A ring in which there is nothing any more. */
	#drop(ring: Deadline): void {
		if (ring !== this.#latest) this.#rings.delete(ring.tick);
	}

	#takeOut(deadline: Deadline): void {
		deadline.takeOut();
		this.#size -= 1;
	}

	#end(ring: Deadline, why: "late" | "closed"): void {
		while (!ring.alone) {
			const { next } = ring;
			this.#takeOut(next);
			next.end(why);
		}
	}

	#turn(): void {
		const now = Math.floor(performance.now() / TICK_MS);
		for (let tick = this.#done + 1; tick <= now; tick++) {
			const ring = this.#rings.get(tick);
			if (ring === undefined) continue;
			this.#end(ring, "late");
			this.#rings.delete(tick);
			if (this.#latest === ring) this.#latest = undefined;
		}
		this.#done = Math.max(now, this.#done);
		this.#timer = undefined;
		if (this.#size > 0) this.#turnSoon(performance.now());
	}

	/** At the next tick: an interval would have a phase of its own, and each deadline would be late by that as well. */
	#turnSoon(now: number): void {
		const toTick = TICK_MS - (now % TICK_MS);
		this.#timer = setTimeout(() => setImmediate(() => this.#turn()), Math.ceil(toTick));
		this.#timer.unref();
	}
}
