import { AbortedError, ClosedError, onAbort, type RedisPort, type Subscription } from "@rk/client";
import type { Consumer } from "../consumer.ts";
import { MessageLossError } from "../errors.ts";
import { checkDrain, type DrainOptions } from "../options.ts";
import { pause } from "../pause.ts";
import type { Reports } from "../reports.ts";
import type { Tally } from "../tally.ts";
import type { DurableCounts, DurableSubscription } from "./durable-topic.ts";
import type { Cursor } from "./entry.ts";
import { cursorKey, type TopicNames } from "./names.ts";
import type { DurableSubscribeOptions } from "./options.ts";
import { type DurableMeta, Reader } from "./reader.ts";
import { locate } from "./scripts.ts";
import { StoredCursor } from "./stored-cursor.ts";

export interface FollowingParts {
	readonly redis: RedisPort;
	readonly topic: string;
	readonly prefix: string;
	readonly names: TopicNames;
	readonly maxQueue: number;
	readonly consumer: Consumer<DurableMeta>;
	readonly reports: Reports;
	readonly tally: Tally;
	readonly options: DurableSubscribeOptions;
	readonly onEnd: () => void;
}

/** A subscription to a durable topic: its announcements, its reader, and its cursor if that is stored. */
export class Following implements DurableSubscription {
	readonly topic: string;
	readonly #parts: FollowingParts;
	readonly #stored: StoredCursor | undefined;
	readonly #flow = new AbortController();
	readonly #stopListening: () => void;
	#subscription: Subscription | undefined;
	#reader: Reader | undefined;
	#lost = 0;
	#ended: Promise<void> | undefined;

	constructor(parts: FollowingParts) {
		this.topic = parts.topic;
		this.#parts = parts;
		const { redis, prefix, topic } = parts;
		const { name, signal } = parts.options;
		if (name !== undefined)
			this.#stored = new StoredCursor(redis, cursorKey(prefix, topic, name), (error) => this.#tell(error));
		this.#stopListening =
			signal === undefined ? () => {} : onAbort(signal, () => void this.#end(0, signal.reason));
	}

	get closed(): boolean {
		return this.#ended !== undefined;
	}

	/** Resolves when the server has confirmed the announcements, and it is known where to begin. */
	async open(): Promise<void> {
		const { signal } = this.#parts.options;
		if (signal?.aborted) {
			await this.#end(0, signal.reason);
			throw new AbortedError(signal.reason, "not-sent");
		}
		try {
			await this.#open();
		} catch (error) {
			const ended = this.closed;
			await this.#end(0, undefined);
			if (signal?.aborted) throw new AbortedError(signal.reason, "unknown");
			throw ended ? new ClosedError("The subscription was ended while it was made") : error;
		}
	}

	stats(): DurableCounts {
		const { received, failed, poisoned } = this.#parts.tally;
		return { received, waiting: this.#reader?.waiting ?? 0, failed, poisoned, lost: this.#lost };
	}

	async unsubscribe(options: DrainOptions = {}): Promise<void> {
		await this.#end(checkDrain(options), undefined);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#end(0, undefined);
	}

	async #open(): Promise<void> {
		const { redis, names } = this.#parts;
		this.#subscription = await redis.subscribe({
			kind: "shard",
			names: [names.channel],
			signal: this.#flow.signal,
			onMessage: (announcement) => this.#reader?.hear(announcement),
			onGap: () => this.#reader?.catchUp(),
		});
		// Only now: what was published before the server listened for us is in the stream, and is read from there.
		const cursor = await this.#begin();
		this.#flow.signal.throwIfAborted();
		this.#reader = new Reader(this.#readerParts(), cursor);
		this.#reader.catchUp();
	}

	/** Where it left off, or where it is told to begin; noted at once, so that a restart misses nothing. */
	async #begin(): Promise<Cursor> {
		const stored = await this.#stored?.load();
		if (stored !== undefined) return stored;
		const cursor = await this.#start();
		this.#stored?.moved(cursor);
		await this.#stored?.save();
		return cursor;
	}

	async #start(): Promise<Cursor> {
		const { redis, names, topic, options } = this.#parts;
		const { from = "new" } = options;
		const behind = from === "new" ? "+" : from === "all" ? "-" : from;
		const where = locate([names.stream, names.state], [behind]);
		const { cursor, firstKept } = await redis.command(where);
		if (firstKept !== undefined) this.#lose(new MessageLossError(topic, undefined, firstKept));
		return cursor;
	}

	#readerParts(): ConstructorParameters<typeof Reader>[0] {
		const { redis, topic, names, consumer, maxQueue } = this.#parts;
		return {
			...{ redis, topic, names, consumer, maxQueue },
			moved: (cursor) => this.#stored?.moved(cursor),
			lost: (loss) => this.#lose(loss),
			reset: (reset) => this.#tell(reset, this.#parts.options.onReset),
			failed: (error) => this.#tell(error),
		};
	}

	#lose(loss: MessageLossError): void {
		this.#lost += loss.count ?? 0;
		this.#tell(loss, this.#parts.options.onLoss);
	}

	#tell<E>(error: E, listener?: (error: E) => void): void {
		this.#parts.reports.tell(error, { channel: this.topic, pattern: undefined }, listener);
	}

	#end(drainMs: number, reason: unknown): Promise<void> {
		this.#ended ??= this.#finish(drainMs, reason);
		return this.#ended;
	}

	async #finish(drainMs: number, reason: unknown): Promise<void> {
		this.#stopListening();
		const reading = this.#reader?.close();
		const left = this.#subscription?.close();
		this.#flow.abort(reason);
		if (drainMs > 0) await Promise.race([reading, pause(drainMs)]);
		await this.#stored?.end();
		await left;
		this.#parts.onEnd();
	}
}
