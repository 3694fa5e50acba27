/** An order, given once, that is carried out or dropped; its giver learns which. */
class Order {
	readonly happened: Promise<boolean>;
	#settle: (happened: boolean) => void = () => {};
	#open = true;

	constructor() {
		this.happened = new Promise((resolve) => {
			this.#settle = resolve;
		});
	}

	/** Not yet carried out or dropped. */
	get open(): boolean {
		return this.#open;
	}

	settle(happened: boolean): void {
		this.#open = false;
		this.#settle(happened);
	}
}

/** Drop the reply of one command that passes. */
export class SwallowOrder extends Order {
	readonly matches: (args: readonly string[]) => boolean;
	readonly after: "cut" | "hold";
	/** The connection on which the command passed. */
	pair: unknown;
	#remaining: number;

	constructor(matches: (args: readonly string[]) => boolean, nth: number, after: "cut" | "hold") {
		super();
		this.matches = matches;
		this.after = after;
		this.#remaining = nth;
	}

	/** Whether `args`, which is passing on `pair`, is the command this order is about. */
	takes(pair: unknown, args: readonly string[]): boolean {
		if (!this.open || this.#remaining === 0 || !this.matches(args)) return false;
		this.#remaining -= 1;
		if (this.#remaining > 0) return false;
		this.pair = pair;
		return true;
	}
}

/** Cut after so many more bytes of replies. */
export class CutOrder extends Order {
	bytesLeft: number;

	constructor(bytes: number) {
		super();
		this.bytesLeft = bytes;
	}
}
