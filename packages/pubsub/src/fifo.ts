/** First in, first out, without moving the rest at each step. */
export class Fifo<T> {
	#items: Array<T | undefined> = [];
	#head = 0;

	get size(): number {
		return this.#items.length - this.#head;
	}

	push(item: T): void {
		this.#items.push(item);
	}

	shift(): T | undefined {
		const item = this.#items[this.#head];
		if (this.size === 0) return undefined;
		this.#items[this.#head] = undefined;
		this.#head += 1;
		// What was taken is cut off when it is the half of all, so that each item is moved once on average.
		if (this.#head * 2 >= this.#items.length) {
			this.#items = this.#items.slice(this.#head);
			this.#head = 0;
		}
		return item;
	}

	/** How many there were. */
	clear(): number {
		const { size } = this;
		this.#items = [];
		this.#head = 0;
		return size;
	}
}
