/** How exact an alarm is, in milliseconds: it rings up to this much late, never early. */
const TICK_MS = 10;
/**
 * The timer is set for no longer than this. So it need not be cleared and set with every lock that comes and goes, ends soon after the
 * last alarm was taken back, and no delay is too long for it.
 */
const LONGEST_TICKS = 100;

/** Something to happen later; {@link Alarms.delete} takes it back. */
export interface Alarm {
	readonly tick: number;
	readonly ring: () => void;
}

/** All that is to happen later, on one timer, since a timer for each lock would cost more than the lock. */
export class Alarms {
	readonly #ticks = new Map<number, Set<Alarm>>();
	#timer: NodeJS.Timeout | undefined;
	/** The tick that the timer is set for. */
	#next = Number.POSITIVE_INFINITY;
	/** All ticks up to this one have rung. */
	#rung = Math.floor(performance.now() / TICK_MS);

	add(delayMs: number, ring: () => void): Alarm {
		const tick = Math.ceil((performance.now() + delayMs) / TICK_MS);
		const alarm = { tick: Math.max(tick, this.#rung + 1), ring };
		const others = this.#ticks.get(alarm.tick);
		if (others === undefined) this.#ticks.set(alarm.tick, new Set([alarm]));
		else others.add(alarm);
		if (alarm.tick < this.#next) this.#set(alarm.tick);
		return alarm;
	}

	delete(alarm: Alarm): void {
		const others = this.#ticks.get(alarm.tick);
		if (others?.delete(alarm) && others.size === 0) this.#ticks.delete(alarm.tick);
	}

	/** Forgets all of them. */
	close(): void {
		this.#ticks.clear();
		clearTimeout(this.#timer);
		this.#timer = undefined;
		this.#next = Number.POSITIVE_INFINITY;
	}

	#set(tick: number): void {
		clearTimeout(this.#timer);
		const now = performance.now();
		this.#next = Math.min(tick, Math.ceil(now / TICK_MS) + LONGEST_TICKS);
		this.#timer = setTimeout(this.#ring, Math.ceil(Math.max(this.#next * TICK_MS - now, 0))).unref();
	}

	readonly #ring = (): void => {
		this.#next = Number.POSITIVE_INFINITY;
		const now = Math.floor(performance.now() / TICK_MS);
		const due = this.#dueBy(now);
		this.#rung = now;
		for (const tick of due) {
			for (const { ring } of this.#ticks.get(tick) ?? []) ring(); // one may take back another
			this.#ticks.delete(tick);
		}
		if (this.#ticks.size > 0) this.#set(this.#following(now));
	};

	/** Looks at ticks or at alarms, whichever are fewer: after a pause of hours there are many ticks, and with many locks few are due. */
	#dueBy(now: number): number[] {
		const ticks = now - this.#rung;
		if (ticks > this.#ticks.size) return [...this.#ticks.keys()].filter((tick) => tick <= now);
		return Array.from({ length: ticks }, (_, i) => this.#rung + 1 + i);
	}

	/** The next tick with an alarm, as far as the timer goes. */
	#following(now: number): number {
		let tick = now + 1;
		while (tick < now + LONGEST_TICKS && !this.#ticks.has(tick)) tick++;
		return tick;
	}
}
