/** Wakes those who wait for a key that another process, or another load of this one, has the lease of. */
export class LeaseBells {
	readonly #sleepers = new Map<string, Set<() => void>>();

	/** Until the bell of the key rings, `ms` at the longest. */
	sleep(key: string, ms: number): Promise<void> {
		return new Promise((resolve) => {
			let sleepers = this.#sleepers.get(key);
			if (sleepers === undefined) {
				sleepers = new Set();
				this.#sleepers.set(key, sleepers);
			}
			const wake = (): void => {
				clearTimeout(timer);
				sleepers.delete(wake);
				if (sleepers.size === 0 && this.#sleepers.get(key) === sleepers) this.#sleepers.delete(key);
				resolve();
			};
			const timer = setTimeout(wake, ms);
			timer.unref();
			sleepers.add(wake);
		});
	}

	ring(key: string): void {
		for (const wake of [...(this.#sleepers.get(key) ?? [])]) wake();
	}

	ringAll(): void {
		for (const key of [...this.#sleepers.keys()]) this.ring(key);
	}
}
