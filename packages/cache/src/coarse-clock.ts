/**
 * Unix time in milliseconds, read from the system once a turn of the event loop at the most: it costs as much as looking a key up. Within
 * one turn it stands still.
 */
export class CoarseClock {
	#now = 0;

	readonly now = (): number => (this.#now === 0 ? this.#read() : this.#now);

	#read(): number {
		this.#now = Date.now();
		process.nextTick(this.#forget);
		return this.#now;
	}

	readonly #forget = (): void => {
		this.#now = 0;
	};
}
