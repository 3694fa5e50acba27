import type { MessageMeta } from "./consumer.ts";
import type { Listening } from "./message-subscription.ts";

/** A message, as a loop gets it. */
export interface ReceivedMessage<T> extends MessageMeta {
	readonly message: T;
}

/** A message that waits to be asked for; `taken` lets the next of its channel come. */
interface Offer<T> {
	readonly received: ReceivedMessage<T>;
	taken(): void;
}

interface Asking<T> {
	resolve(result: IteratorResult<ReceivedMessage<T>, undefined>): void;
	reject(error: unknown): void;
}

type Listen<T> = (
	handler: (message: T, meta: MessageMeta) => Promise<void>,
	onEnd: (error: unknown) => void,
) => Listening;

/** Messages for a loop. It subscribes when it is first asked for one, and ends when the loop does. */
export class MessageIterator<T> implements AsyncIterator<ReceivedMessage<T>, undefined> {
	readonly #listen: Listen<T>;
	readonly #offers: Array<Offer<T>> = [];
	readonly #asking: Array<Asking<T>> = [];
	#listening: Listening | undefined;
	#opened: Promise<void> | undefined;
	#ended = false;
	/** By who asks: then there is nothing to tell of it. */
	#returned = false;
	#error: unknown;

	constructor(listen: Listen<T>) {
		this.#listen = listen;
	}

	async next(): Promise<IteratorResult<ReceivedMessage<T>, undefined>> {
		this.#opened ??= this.#open();
		await this.#opened;
		const offer = this.#offers.shift();
		if (offer !== undefined) {
			offer.taken();
			return { done: false, value: offer.received };
		}
		if (!this.#ended) return new Promise((resolve, reject) => this.#asking.push({ resolve, reject }));
		return this.#last();
	}

	async return(): Promise<IteratorReturnResult<undefined>> {
		this.#offers.length = 0;
		this.#ended = true;
		this.#returned = true;
		this.#opened ??= Promise.resolve();
		await this.#listening?.unsubscribe();
		return { done: true, value: undefined };
	}

	async #open(): Promise<void> {
		this.#listening = this.#listen(
			(message, meta) => this.#offered({ message, ...meta }),
			(error) => this.#end(error),
		);
		try {
			await this.#listening.open();
		} catch (error) {
			if (!this.#returned) throw error;
		}
	}

	#offered(received: ReceivedMessage<T>): Promise<void> {
		const asking = this.#asking.shift();
		if (asking !== undefined) {
			asking.resolve({ done: false, value: received });
			return Promise.resolve();
		}
		return new Promise((taken) => this.#offers.push({ received, taken }));
	}

	#end(error: unknown): void {
		this.#ended = true;
		this.#error = error;
		for (const asking of this.#asking.splice(0)) this.#last().then(asking.resolve, asking.reject);
	}

	/** The error is thrown once; after it the loop is over, as after the end of any. */
	async #last(): Promise<IteratorReturnResult<undefined>> {
		const error = this.#error;
		this.#error = undefined;
		if (error !== undefined) throw error;
		return { done: true, value: undefined };
	}
}
