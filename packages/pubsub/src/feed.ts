import type { RedisPort, Subscription, SubscriptionKind } from "@rk/client";
import type { Consumer, MessageMeta } from "./consumer.ts";
import { MessageGapError, OverflowError } from "./errors.ts";
import { Mailbox, type Overflow } from "./mailbox.ts";
import { backoffMs, isClosed, pause } from "./pause.ts";
import type { Reports } from "./reports.ts";
import type { Tally } from "./tally.ts";

/** Idle mailboxes that a pattern keeps, since the next message is likely for one of them. */
const KEPT = 100;

export interface FeedParts {
	readonly redis: RedisPort;
	readonly kind: SubscriptionKind;
	readonly consumer: Consumer<MessageMeta>;
	readonly reports: Reports;
	readonly tally: Tally;
	readonly concurrency: number;
	readonly maxQueue: number;
	readonly overflow: Overflow;
	readonly onGap: ((gap: MessageGapError) => void) | undefined;
	/** Aborts when the subscription ends. */
	readonly signal: AbortSignal;
	/** There was no room for a message, and that is to be the end. */
	readonly overflowed: (error: OverflowError) => void;
	/** One of its mailboxes has nothing to do. */
	readonly idle: () => void;
}

/** One channel, shard channel or pattern of a subscription: its flow of messages, and where they wait. */
export class Feed {
	readonly #name: string;
	readonly #parts: FeedParts;
	/** By channel: a pattern has many. */
	readonly #mailboxes = new Map<string, Mailbox>();
	#subscription: Subscription | undefined;
	#wanted = true;
	/** Since when the flow is paused, Unix time in milliseconds. */
	#pausedAt = 0;
	#full = 0;
	#agreeing = false;

	constructor(name: string, parts: FeedParts) {
		this.#name = name;
		this.#parts = parts;
	}

	/** Resolves when the server has confirmed it. */
	async open(): Promise<void> {
		this.#subscription = await this.#join();
		if (this.#parts.signal.aborted) await this.#subscription.close();
		else if (!this.#wanted) void this.#agree(); // it was full before we heard of the confirmation
	}

	/** No message comes after this was called. Resolves when the server has confirmed it. */
	async close(): Promise<void> {
		this.#wanted = false;
		await this.#subscription?.close();
	}

	/** What waits is dropped. */
	clear(): void {
		for (const mailbox of this.#mailboxes.values()) mailbox.clear();
	}

	#join(): Promise<Subscription> {
		const { redis, kind, signal } = this.#parts;
		return redis.subscribe({
			kind,
			names: [this.#name],
			signal,
			onMessage: (payload, channel) => this.#mailbox(channel).push(payload),
			onGap: ({ lostAt, resumedAt }) => this.#missed(lostAt, resumedAt),
		});
	}

	#mailbox(channel: string): Mailbox {
		let mailbox = this.#mailboxes.get(channel);
		if (mailbox === undefined) {
			mailbox = this.#made(channel);
			this.#mailboxes.set(channel, mailbox);
		}
		return mailbox;
	}

	#made(channel: string): Mailbox {
		const { consumer, reports, tally, concurrency, maxQueue, overflow } = this.#parts;
		const meta = this.#metaOf(channel);
		return new Mailbox({
			...{ concurrency, maxQueue, overflow, tally },
			take: (payload) => consumer.take(payload, meta),
			overflowed: () => {
				const error = new OverflowError(channel, maxQueue);
				reports.tell(error, meta);
				if (overflow === "error") this.#parts.overflowed(error);
			},
			full: () => {
				this.#full += 1;
				if (overflow === "pause") this.#want(false);
			},
			roomy: () => {
				this.#full -= 1;
				if (this.#full === 0) this.#want(true);
			},
			idle: () => {
				if (this.#mailboxes.size > KEPT) this.#mailboxes.delete(channel);
				this.#parts.idle();
			},
		});
	}

	#missed(lostAt: number, resumedAt: number): void {
		const { reports, tally, onGap } = this.#parts;
		tally.gaps += 1;
		const gap = new MessageGapError(this.#name, lostAt, resumedAt);
		reports.tell(gap, this.#metaOf(this.#name), onGap);
	}

	#metaOf(channel: string): MessageMeta {
		return Object.freeze({ channel, pattern: this.#parts.kind === "pattern" ? this.#name : undefined });
	}

	/** Lets the messages come, or has the server hold them back: then those of the meantime are missed, as in any gap. */
	#want(wanted: boolean): void {
		if (wanted === this.#wanted || this.#parts.signal.aborted) return;
		this.#wanted = wanted;
		if (!this.#agreeing) void this.#agree();
	}

	/** Until the flow is as it is wanted, however often that changed meanwhile. Never rejects. */
	async #agree(): Promise<void> {
		this.#agreeing = true;
		const { signal, reports } = this.#parts;
		let failures = 0;
		while (!signal.aborted && this.#wanted !== (this.#subscription !== undefined)) {
			try {
				if (this.#wanted) {
					this.#subscription = await this.#join();
					if (!signal.aborted) this.#missed(this.#pausedAt, Date.now());
				} else {
					this.#pausedAt = Date.now();
					const leaving = this.#subscription;
					this.#subscription = undefined;
					await leaving?.close();
				}
				failures = 0;
			} catch (error) {
				if (signal.aborted) break;
				if (failures === 0) reports.tell(error, this.#metaOf(this.#name));
				if (isClosed(error)) break;
				await pause(backoffMs(failures));
				failures += 1;
			}
		}
		this.#agreeing = false;
	}
}
