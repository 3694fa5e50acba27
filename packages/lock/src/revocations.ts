import type { RedisPort, Subscription } from "@rk/client";
import type { Events } from "./events.ts";
import type { Holdings } from "./holdings.ts";

/** After a subscription that failed, the next attempt comes so much later, in milliseconds. */
const AGAIN_MS = 5_000;

/** Hears which locks `forceRelease` took from their holders: one channel for all, so that acquiring costs no subscription. */
export class Revocations {
	readonly channel: string;
	readonly #redis: RedisPort;
	readonly #holdings: Holdings;
	readonly #events: Events;
	#subscription: Promise<Subscription | undefined> | undefined;
	#again = 0;
	#closed = false;

	constructor(redis: RedisPort, prefix: string, holdings: Holdings) {
		this.#redis = redis;
		this.channel = `${prefix}revoked`;
		this.#holdings = holdings;
		this.#events = holdings.events;
	}

	/** Begins to listen, if it does not yet. Nobody waits for it. */
	listen(): void {
		if (this.#subscription !== undefined || this.#closed || performance.now() < this.#again) return;
		this.#subscription = this.#subscribe();
	}

	async close(): Promise<void> {
		this.#closed = true;
		await (await this.#subscription)?.close();
	}

	async #subscribe(): Promise<Subscription | undefined> {
		try {
			const subscription = await this.#redis.subscribe({
				names: [this.channel],
				onMessage: (payload) => this.#heard(payload.toString()),
				onGap: () => this.#holdings.verify("failover"),
			});
			// What was said before the server listened for us is not said again.
			this.#holdings.verify("deleted");
			return subscription;
		} catch (error) {
			this.#subscription = undefined;
			this.#again = performance.now() + AGAIN_MS;
			if (!this.#closed) this.#events.emit({ type: "subscriber-down", error });
			return undefined;
		}
	}

	#heard(message: string): void {
		const bar = message.indexOf("|");
		if (bar > 0) this.#holdings.revoke("token", message.slice(0, bar), message.slice(bar + 1));
	}
}
