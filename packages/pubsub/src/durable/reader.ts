import type { RedisPort } from "@rk/client";
import type { Consumer, MessageMeta } from "../consumer.ts";
import { MessageLossError, TopicResetError } from "../errors.ts";
import { Fifo } from "../fifo.ts";
import { backoffMs, isClosed, pause } from "../pause.ts";
import { announced, type Cursor, type Entry } from "./entry.ts";
import type { TopicNames } from "./names.ts";
import { read } from "./scripts.ts";

/** What is known of a durable topic's message beside itself. */
export interface DurableMeta extends MessageMeta {
	/** Its place in the topic, for `from`. */
	readonly id: string;
}

export interface ReaderParts {
	readonly redis: RedisPort;
	readonly topic: string;
	readonly names: TopicNames;
	readonly consumer: Consumer<DurableMeta>;
	/** Announced messages that may wait in memory; also the most that are read at once. */
	readonly maxQueue: number;
	/** The message at the cursor was handled, or given up. */
	readonly moved: (cursor: Cursor) => void;
	readonly lost: (loss: MessageLossError) => void;
	readonly reset: (reset: TopicResetError) => void;
	/** The stream cannot be read; it is tried again. */
	readonly failed: (error: unknown) => void;
}

/** The most that is asked for at once: so many messages, and none after so many bytes of them. */
const PAGE = 500;
const PAGE_BYTES = 1_048_576;

/**
 * Gives a subscriber each message of a topic once and in order: from the announcements while they follow one upon the other, and from the
 * stream wherever they may not. So a lost connection, a slow handler or a full queue all come to the same: it reads on from where it is.
 */
export class Reader {
	readonly #parts: ReaderParts;
	readonly #live = new Fifo<Entry>();
	#cursor: Cursor;
	/** The stream is yet to be read, and then has all that was announced up to now. */
	#behind = true;
	#failures = 0;
	#running: Promise<void> | undefined;
	#closed = false;

	constructor(parts: ReaderParts, cursor: Cursor) {
		this.#parts = parts;
		this.#cursor = cursor;
	}

	/** Announced messages that wait for their turn. */
	get waiting(): number {
		return this.#live.size;
	}

	/** Announcements may have been missed. */
	catchUp(): void {
		this.#behind = true;
		this.#live.clear();
		this.#wake();
	}

	/** An announcement came. */
	hear(announcement: Buffer): void {
		if (this.#behind || this.#closed) return;
		const idle = this.#running === undefined;
		// A copy if it is to wait, for the block that it is a part of should not wait with it.
		const entry = announced(idle ? announcement : Buffer.from(announcement));
		if (entry === undefined) return;
		if (this.#live.size >= this.#parts.maxQueue) {
			this.catchUp();
			return;
		}
		this.#live.push(entry);
		this.#wake();
	}

	/** No further message is handled. Resolves when the handler that runs has ended. */
	async close(): Promise<void> {
		this.#closed = true;
		this.#live.clear();
		await this.#running;
	}

	#wake(): void {
		if (this.#running !== undefined || this.#closed) return;
		const running = this.#run();
		if (running === undefined) return;
		this.#running = running.finally(() => {
			this.#running = undefined;
			if (this.#behind || this.#live.size > 0) this.#wake();
		});
	}

	/** `undefined`: all was handled at once, as it is with a handler that gives no promise. */
	#run(): Promise<void> | undefined {
		while (!this.#behind) {
			const entry = this.#live.shift();
			if (entry === undefined) return undefined;
			const going = this.#next(entry);
			if (going !== undefined) return going;
		}
		return this.#read();
	}

	/** The announced message, if it is the one that comes next; had before, it is passed over. */
	#next(entry: Entry): Promise<void> | undefined {
		const { epoch, count } = this.#cursor;
		const same = entry.epoch === epoch || epoch === "";
		if (same && entry.count === (count ?? 0) + 1) return this.#handle(entry);
		if (same && count !== undefined && entry.count <= count) return undefined;
		this.#behind = true;
		this.#live.clear();
		return undefined;
	}

	async #read(): Promise<void> {
		const { redis, names, maxQueue } = this.#parts;
		const { id, epoch, count } = this.#cursor;
		const most = Math.min(PAGE, maxQueue);
		// Before it is read: what is announced from here on may not be in it.
		this.#behind = false;
		try {
			const args = [id, epoch, String(count ?? ""), String(most), String(PAGE_BYTES)];
			const page = await redis.command(read([names.stream, names.state], args));
			this.#failures = 0;
			if (page.setBack) this.#setBack(page.epoch);
			if (page.more) this.#behind = true;
			await this.#replay(page.entries);
		} catch (error) {
			this.#behind = true;
			if (this.#closed) return;
			if (this.#failures === 0) this.#parts.failed(error);
			if (isClosed(error)) this.#closed = true;
			if (this.#closed) return;
			await pause(backoffMs(this.#failures));
			this.#failures += 1;
		}
	}

	async #replay(entries: readonly Entry[]): Promise<void> {
		for (const entry of entries) {
			if (this.#closed) return;
			const { epoch, count } = this.#cursor;
			// Of a life that was over before: its count was lost, its messages were not.
			if (epoch !== "" && entry.epoch !== epoch) {
				this.#cursor = { ...this.#cursor, id: entry.id };
				continue;
			}
			if (count !== undefined && entry.count <= count) {
				this.#setBack(epoch);
				this.#behind = true;
				return;
			}
			if (count !== undefined && entry.count > count + 1)
				this.#parts.lost(new MessageLossError(this.#parts.topic, entry.count - count - 1, entry.id));
			if (this.#closed) return; // by who was told so
			const going = this.#handle(entry);
			if (going !== undefined) await going;
		}
	}

	#setBack(epoch: string): void {
		const before = this.#cursor;
		// Of a new life nothing was had yet; of the same, nobody knows what.
		this.#cursor = { id: "0-0", epoch, count: epoch === before.epoch ? undefined : 0 };
		this.#parts.reset(new TopicResetError(this.#parts.topic, before.id));
	}

	#handle(entry: Entry): Promise<void> | undefined {
		const { topic, consumer } = this.#parts;
		const meta: DurableMeta = { channel: topic, pattern: undefined, id: entry.id };
		const going = consumer.take(entry.payload, meta);
		if (going === undefined) {
			this.#moveTo(entry);
			return undefined;
		}
		return going.then(() => this.#moveTo(entry));
	}

	#moveTo({ id, epoch, count }: Entry): void {
		this.#cursor = { id, epoch, count };
		this.#parts.moved(this.#cursor);
	}
}
