/** What is due at one moment. */
interface Group {
	readonly timer: NodeJS.Timeout;
	readonly due: Set<() => void>;
}

/** Deadlines that are set by code that runs without a pause, and are equally far off, share a timer: many keys are waited for at once. */
export class Deadlines {
	/** By how far off they are, in ms: those that may still be added to. */
	readonly #groups = new Map<number, Group>();

	/** Calls `end` after `ms`, unless what it gives is called before. */
	add(ms: number, end: () => void): () => void {
		const { due, timer } = this.#groups.get(ms) ?? this.#begin(ms);
		due.add(end);
		return () => {
			if (!due.delete(end) || due.size > 0) return;
			clearTimeout(timer);
			this.#forget(ms, due);
		};
	}

	#begin(ms: number): Group {
		const due = new Set<() => void>();
		const timer = setTimeout(() => {
			for (const one of due) one();
		}, ms);
		timer.unref();
		const group = { timer, due };
		if (this.#groups.size === 0) process.nextTick(this.#pause);
		this.#groups.set(ms, group);
		return group;
	}

	readonly #pause = (): void => this.#groups.clear();

	#forget(ms: number, due: Set<() => void>): void {
		if (this.#groups.get(ms)?.due === due) this.#groups.delete(ms);
	}
}
