/** What one who waits sleeps beside. */
export class Bell {
	#rung = false;
	#wake: (() => void) | undefined;

	/** Also while nobody sleeps: then the next sleep does not begin. */
	readonly ring = (): void => {
		this.#rung = true;
		this.#wake?.();
	};

	/** Until the bell rings, `ms` at the longest. */
	async sleep(ms: number): Promise<void> {
		if (!this.#rung) {
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, Math.min(ms, 2 ** 31 - 1)).unref();
				this.#wake = () => {
					clearTimeout(timer);
					resolve();
				};
			});
			this.#wake = undefined;
		}
		this.#rung = false;
	}
}
