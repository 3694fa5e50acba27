import { setMaxListeners } from "node:events";
import { AbortedError, ClosedError, onAbort } from "@rk/client";
import type { OverflowError } from "./errors.ts";
import { Feed, type FeedParts } from "./feed.ts";
import { checkDrain, type DrainOptions } from "./options.ts";
import { pause } from "./pause.ts";
import type { MessageCounts, Tally } from "./tally.ts";

/** A subscription to one or several channels or patterns. */
export interface MessageSubscription extends AsyncDisposable {
	/** The channels or patterns. */
	readonly names: readonly string[];
	/** No more messages come: it was ended, or it overflowed. */
	readonly closed: boolean;
	stats(): MessageCounts;
	/**
	 * Ends it: no message comes after this was called. What waits is dropped, unless it is taken up within `drainMs`; a handler
	 * that runs is not waited for any longer. Resolves when the server has confirmed it. May be called again.
	 */
	unsubscribe(options?: DrainOptions): Promise<void>;
}

export type ListeningParts = Omit<FeedParts, "signal" | "overflowed" | "idle">;

/** The feeds of one call of `subscribe`, which begin and end together. */
export class Listening implements MessageSubscription {
	readonly names: readonly string[];
	readonly #feeds: readonly Feed[];
	readonly #tally: Tally;
	readonly #flow = new AbortController();
	readonly #onEnd: (error: OverflowError | undefined) => void;
	readonly #signal: AbortSignal | undefined;
	readonly #stopListening: () => void;
	/** Called when nothing waits and nothing runs. */
	readonly #idleWaiters = new Set<() => void>();
	#stopped: Promise<void> | undefined;
	#overflow: OverflowError | undefined;
	#hasEnded = false;

	/** `onEnd` is called once, when no more messages come and none waits or runs, or what waited was dropped. */
	constructor(
		names: readonly string[],
		parts: ListeningParts,
		signal: AbortSignal | undefined,
		onEnd: (error: OverflowError | undefined) => void,
	) {
		this.names = names;
		this.#tally = parts.tally;
		this.#onEnd = onEnd;
		this.#signal = signal;
		setMaxListeners(0, this.#flow.signal); // one of each feed
		const feedParts: FeedParts = {
			...parts,
			signal: this.#flow.signal,
			overflowed: (error) => {
				this.#overflow = error;
				void this.#stop(error);
			},
			idle: () => this.#idle(),
		};
		this.#feeds = names.map((name) => new Feed(name, feedParts));
		const end = (): void => void this.#end(0, signal?.reason);
		this.#stopListening = signal === undefined ? () => {} : onAbort(signal, end);
	}

	get closed(): boolean {
		return this.#stopped !== undefined;
	}

	/** Resolves when the server has confirmed all names; if it refuses one, the others are undone. */
	async open(): Promise<void> {
		const signal = this.#signal;
		if (signal?.aborted) {
			await this.#end(0, signal.reason);
			throw new AbortedError(signal.reason, "not-sent");
		}
		const opened = await Promise.allSettled(this.#feeds.map((feed) => feed.open()));
		const failed = opened.find((result) => result.status === "rejected");
		const stopped = this.#stopped;
		if (failed !== undefined) await this.#end(0, undefined);
		else await stopped;
		if (signal?.aborted) throw new AbortedError(signal.reason, "unknown");
		if (stopped !== undefined) throw new ClosedError("The subscription was ended while it was made");
		if (failed !== undefined) throw failed.reason;
	}

	stats(): MessageCounts {
		return this.#tally.counts();
	}

	async unsubscribe(options: DrainOptions = {}): Promise<void> {
		await this.#end(checkDrain(options), undefined);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#end(0, undefined);
	}

	async #end(drainMs: number, reason: unknown): Promise<void> {
		const stopped = this.#stop(reason);
		if (drainMs > 0 && !this.#tally.idle) {
			const idle = new Promise<void>((resolve) => this.#idleWaiters.add(resolve));
			await Promise.race([idle, pause(drainMs)]);
		}
		for (const feed of this.#feeds) feed.clear();
		this.#ended();
		await stopped;
	}

	/** Ends the flow, and leaves what waits. */
	#stop(reason: unknown): Promise<void> {
		if (this.#stopped === undefined) {
			this.#stopListening();
			this.#stopped = Promise.all(this.#feeds.map((feed) => feed.close())).then(() => {});
			this.#flow.abort(reason);
			if (this.#tally.idle) this.#idle();
		}
		return this.#stopped;
	}

	#idle(): void {
		if (this.#stopped === undefined || !this.#tally.idle) return;
		for (const resolve of this.#idleWaiters) resolve();
		this.#idleWaiters.clear();
		this.#ended();
	}

	#ended(): void {
		if (this.#hasEnded) return;
		this.#hasEnded = true;
		this.#onEnd(this.#overflow);
	}
}
