import type { Turns } from "./turns.ts";

/** What is due at one moment. */
interface Group {
	readonly turn: number;
	readonly timer: NodeJS.Timeout;
	readonly due: Set<() => void>;
}

/** Deadlines of one turn of the event loop that are equally far off share a timer: many keys are waited for at once. */
export class Deadlines {
	readonly #turns: Turns;
	/** By how far off they are, in ms: those of the last turn that had one. */
	readonly #groups = new Map<number, Group>();

	constructor(turns: Turns) {
		this.#turns = turns;
	}

	/** Calls `end` after `ms`, unless what it gives is called before. */
	add(ms: number, end: () => void): () => void {
		const turn = this.#turns.now;
		let group = this.#groups.get(ms);
		if (group?.turn !== turn) {
			const due = new Set<() => void>();
			const timer = setTimeout(() => {
				this.#forget(ms, due);
				for (const one of due) one();
			}, ms);
			timer.unref();
			group = { turn, timer, due };
			this.#groups.set(ms, group);
		}
		const { due, timer } = group;
		due.add(end);
		return () => {
			if (!due.delete(end) || due.size > 0) return;
			clearTimeout(timer);
			this.#forget(ms, due);
		};
	}

	#forget(ms: number, due: Set<() => void>): void {
		if (this.#groups.get(ms)?.due === due) this.#groups.delete(ms);
	}
}
