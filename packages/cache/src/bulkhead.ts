import { LoadTimeoutError } from "./errors.ts";

/** So many loads at once; the others wait in line, first come first served. */
export class Bulkhead {
	readonly #max: number;
	readonly #timeoutMs: number;
	#running = 0;
	readonly #line = new Set<() => void>();

	constructor(max: number, timeoutMs: number) {
		this.#max = max;
		this.#timeoutMs = timeoutMs;
	}

	get waiting(): number {
		return this.#line.size;
	}

	/** `undefined`: go on at once. @throws {LoadTimeoutError} */
	enter(key: string): Promise<void> | undefined {
		if (this.#running < this.#max) {
			this.#running += 1;
			return undefined;
		}
		return new Promise((resolve, reject) => {
			const go = (): void => {
				clearTimeout(timer);
				resolve();
			};
			const timer = setTimeout(() => {
				this.#line.delete(go);
				reject(new LoadTimeoutError(key, this.#timeoutMs, "queue"));
			}, this.#timeoutMs);
			timer.unref();
			this.#line.add(go);
		});
	}

	/** Whoever is next takes the place. */
	leave(): void {
		const [next] = this.#line;
		if (next === undefined) {
			this.#running -= 1;
			return;
		}
		this.#line.delete(next);
		next();
	}
}
