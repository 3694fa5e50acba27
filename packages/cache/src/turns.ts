/**
 * Numbers the moments in which things are asked of Redis: what is sent in one turn leaves when it is over, so that whoever comes in the
 * same turn hears nothing that is from before he came.
 */
export class Turns {
	#number = 0;
	#open = false;

	/** The number of this turn, which ends when the code that runs now, and what is queued behind it already, has run. */
	get now(): number {
		if (!this.#open) {
			this.#open = true;
			queueMicrotask(this.#end);
		}
		return this.#number;
	}

	readonly #end = (): void => {
		this.#open = false;
		this.#number += 1;
	};
}
