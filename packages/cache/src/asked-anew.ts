/**
 * Keys that one call had from others' loads, which came to nothing for it: loaded together, those that it hears of in one turn of the event
 * loop. They may be thousands.
 */
export class AskedAnew {
	readonly #load: (keys: readonly string[]) => Promise<readonly unknown[]>;
	#keys: string[] = [];
	#values: Promise<readonly unknown[]> | undefined;

	/** @param load gives an error in the place of a key that could not be loaded, or rejects */
	constructor(load: (keys: readonly string[]) => Promise<readonly unknown[]>) {
		this.#load = load;
	}

	async value(key: string): Promise<unknown> {
		this.#values ??= new Promise((resolve) => {
			// Before what others ask for in this turn leaves, so that it is asked for together.
			queueMicrotask(() => {
				const keys = this.#keys;
				this.#keys = [];
				this.#values = undefined;
				resolve(this.#load(keys));
			});
		});
		const place = this.#keys.push(key) - 1;
		const value = (await this.#values)[place];
		if (value instanceof Error) throw value;
		return value;
	}
}
