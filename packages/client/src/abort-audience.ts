const audiences = new WeakMap<AbortSignal, Audience>();

/**
 * Calls `listener` once when the signal aborts; the result takes that back. All who wait for one signal share one listener on it: Node.js
 * takes eleven for a leak, and warns.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
	let audience = audiences.get(signal);
	if (audience === undefined) {
		audience = new Audience(signal);
		audiences.set(signal, audience);
	}
	audience.add(listener);
	return () => audience.delete(listener);
}

class Audience {
	readonly #signal: AbortSignal;
	readonly #listeners = new Set<() => void>();

	constructor(signal: AbortSignal) {
		this.#signal = signal;
	}

	add(listener: () => void): void {
		if (this.#listeners.size === 0) this.#signal.addEventListener("abort", this.#tell, { once: true });
		this.#listeners.add(listener);
	}

	delete(listener: () => void): void {
		if (this.#listeners.delete(listener) && this.#listeners.size === 0)
			this.#signal.removeEventListener("abort", this.#tell);
	}

	readonly #tell = (): void => {
		const listeners = [...this.#listeners];
		this.#listeners.clear();
		for (const listener of listeners) listener();
	};
}
