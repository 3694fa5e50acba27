import type { RedisPort, Subscription } from "@rk/client";
import { Bell } from "./bell.ts";
import type { Events } from "./events.ts";
import type { Holdings } from "./holdings.ts";
import { revocationsOf } from "./names.ts";
import { pause } from "./pause.ts";

/** After a subscription that failed, the next attempt comes so much later, in milliseconds. */
const AGAIN_MS = 5_000;

/** Hears which locks `forceRelease` or `steal` took from their holders. */
export class Revocations {
	readonly #channel: string;
	readonly #redis: RedisPort;
	readonly #holdings: Holdings;
	readonly #events: Events;
	#subscription: Promise<Subscription | undefined> | undefined;
	readonly #end = new AbortController();
	#again = 0;

	constructor(redis: RedisPort, prefix: string, holdings: Holdings) {
		this.#redis = redis;
		this.#channel = revocationsOf(prefix);
		this.#holdings = holdings;
		this.#events = holdings.events;
	}

	/** Begins to listen, if it does not yet. Nobody waits for it. */
	listen(): void {
		if (this.#subscription !== undefined || this.#end.signal.aborted || performance.now() < this.#again)
			return;
		this.#subscription = this.#subscribe();
	}

	/** Ends it, also while it is being made. A server that does not confirm the end is waited for as long as for a release. */
	async close(): Promise<void> {
		this.#end.abort();
		if (this.#subscription === undefined) return;
		const ended = new Bell();
		void this.#subscription.then((made) => made?.close()).then(ended.ring, ended.ring);
		await ended.sleep(this.#holdings.rules.cleanupTimeoutMs);
	}

	async #subscribe(): Promise<Subscription | undefined> {
		// The lock is handed out first: to make a connection may take a while, and the lock's time runs.
		await pause(0);
		try {
			const subscription = await this.#redis.subscribe({
				names: [this.#channel],
				onMessage: (payload) => this.#heard(payload.toString()),
				onGap: () => this.#holdings.verify("failover"),
				signal: this.#end.signal,
			});
			// What was said before the server listened for us is not said again.
			this.#holdings.verify("deleted");
			return subscription;
		} catch (error) {
			this.#subscription = undefined;
			this.#again = performance.now() + AGAIN_MS;
			if (!this.#end.signal.aborted) this.#events.emit({ type: "subscriber-down", error });
			return undefined;
		}
	}

	#heard(message: string): void {
		const bar = message.indexOf("|");
		if (bar < 0) this.#holdings.revoke("token", message, "stolen");
		else this.#holdings.revoke("token", message.slice(0, bar), "forced", message.slice(bar + 1));
	}
}
