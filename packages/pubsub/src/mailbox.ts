import { Fifo } from "./fifo.ts";
import type { Tally } from "./tally.ts";

/**
 * What happens to a message for which there is no room. `drop-oldest` and `drop-newest` count it; `error` ends the subscription;
 * `pause` stops the messages at the server before it comes to that.
 */
export type Overflow = "drop-oldest" | "drop-newest" | "error" | "pause";

export interface MailboxParts {
	readonly concurrency: number;
	readonly maxQueue: number;
	readonly overflow: Overflow;
	readonly tally: Tally;
	/** Takes a message up; see Consumer. */
	readonly take: (payload: Buffer) => Promise<void> | undefined;
	/** The next message will find no room. */
	readonly full: () => void;
	/** There was no room for a message; called again only after half of it was free. */
	readonly overflowed: () => void;
	/** After it was full: half of it is free again. */
	readonly roomy: () => void;
	/** Nothing waits and nothing runs. */
	readonly idle: () => void;
}

/** Messages of one channel for one handler: in order, at most so many at a time, and the rest in a queue that has an end. */
export class Mailbox {
	readonly #parts: MailboxParts;
	readonly #waiting = new Fifo<Buffer>();
	#running = 0;
	#full = false;
	#overflowing = false;

	constructor(parts: MailboxParts) {
		this.#parts = parts;
	}

	push(payload: Buffer): void {
		const { concurrency, maxQueue, overflow, tally } = this.#parts;
		if (this.#running < concurrency && this.#waiting.size === 0) {
			this.#take(payload);
			if (this.#running === 0) this.#parts.idle();
			return;
		}
		if (this.#waiting.size < maxQueue) {
			this.#keep(payload);
			if (this.#waiting.size < maxQueue || this.#full) return;
			this.#full = true;
			this.#parts.full();
			return;
		}
		tally.dropped += 1;
		if (overflow === "drop-oldest") {
			this.#waiting.shift();
			tally.waiting -= 1;
			this.#keep(payload);
		}
		if (this.#overflowing) return;
		this.#overflowing = true;
		this.#parts.overflowed();
	}

	/** What waits is dropped. */
	clear(): void {
		const { tally } = this.#parts;
		const left = this.#waiting.clear();
		tally.waiting -= left;
		tally.dropped += left;
	}

	#keep(payload: Buffer): void {
		// A copy: what comes is a part of a block that was read from the socket, and a queue of parts would keep all the blocks.
		this.#waiting.push(Buffer.from(payload));
		this.#parts.tally.waiting += 1;
	}

	#take(payload: Buffer): void {
		const going = this.#parts.take(payload);
		if (going === undefined) return;
		this.#running += 1;
		this.#parts.tally.running += 1;
		void going.then(() => {
			this.#running -= 1;
			this.#parts.tally.running -= 1;
			this.#next();
		});
	}

	#next(): void {
		const { concurrency, maxQueue, tally } = this.#parts;
		while (this.#running < concurrency) {
			const payload = this.#waiting.shift();
			if (payload === undefined) break;
			tally.waiting -= 1;
			this.#take(payload);
		}
		if (this.#full && this.#waiting.size <= maxQueue / 2) {
			this.#full = false;
			this.#overflowing = false;
			this.#parts.roomy();
		}
		if (this.#running === 0 && this.#waiting.size === 0) this.#parts.idle();
	}
}
