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
	#next = Number.POSITIVE_INFINITY;

	add(delayMs: number, ring: () => void): Alarm {
		const alarm = { tick: Math.ceil((performance.now() + Math.max(delayMs, 0)) / TICK_MS), ring };
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
		const now = performance.now() / TICK_MS;
		let next = Number.POSITIVE_INFINITY;
		for (const [tick, due] of this.#ticks) {
			if (tick > now) {
				next = Math.min(next, tick);
				continue;
			}
			this.#ticks.delete(tick);
			for (const { ring } of due) ring();
		}
		if (next < this.#next) this.#set(next);
	};
}
