import { publish, type RedisPort, type Subscription } from "@rk/client";
import { type Message, readMessage, writeMessage } from "./message.ts";
import type { Names } from "./names.ts";

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 2_000;

export interface BusListener {
	/** Of another process, or of this one. */
	message(message: Message): void;
	/** A message that cannot be read: what it was to say is not known. */
	malformed(): void;
	/** Messages come from now on; some may have been missed before. */
	up(): void;
	/** From this tick on messages may be missed. */
	down(error: unknown): void;
	/** All that was published before `sentAt` (Unix ms, of this process's clock) has been heard. */
	alive(sentAt: number): void;
}

/**
 * What processes tell each other about invalidations. It sends itself a sign of life on a channel of its own, over the same connection:
 * since one connection keeps the order, what comes back proves that all before it has come.
 */
export class Bus {
	readonly #redis: RedisPort;
	readonly #channel: string;
	readonly #ownChannel: string;
	readonly #sender: string;
	readonly #heartbeatMs: number;
	readonly #clock: () => number;
	readonly #listener: BusListener;
	readonly #end = new AbortController();
	readonly #subscriptions: Subscription[] = [];
	#lost = false;
	#timer: NodeJS.Timeout | undefined;
	#begun: Promise<void> | undefined;

	constructor(
		redis: RedisPort,
		names: Names,
		sender: string,
		heartbeatMs: number,
		clock: () => number,
		listener: BusListener,
	) {
		this.#redis = redis;
		this.#channel = names.bus;
		this.#ownChannel = `${names.bus}:${sender}`;
		this.#sender = sender;
		this.#heartbeatMs = heartbeatMs;
		this.#clock = clock;
		this.#listener = listener;
	}

	start(): void {
		this.#begun ??= this.#begin();
	}

	async close(): Promise<void> {
		this.#end.abort();
		clearInterval(this.#timer);
		await this.#begun;
		await Promise.all(this.#subscriptions.map((subscription) => subscription.close()));
	}

	/** Until it has succeeded, or is closed. */
	async #begin(): Promise<void> {
		for (
			let retryMs = FIRST_RETRY_MS;
			!this.#end.signal.aborted;
			retryMs = Math.min(LONGEST_RETRY_MS, 2 * retryMs)
		) {
			try {
				await this.#subscribe();
				if (this.#end.signal.aborted) return;
				if (!this.#lost) this.#listener.up();
				this.#ping();
				this.#timer = setInterval(() => this.#ping(), this.#heartbeatMs);
				this.#timer.unref();
				return;
			} catch (error) {
				if (this.#end.signal.aborted) return;
				this.#listener.down(error);
				await this.#pause(retryMs);
			}
		}
	}

	async #subscribe(): Promise<void> {
		const { signal } = this.#end;
		if (this.#subscriptions.length === 0) {
			const own = (payload: Buffer): void => this.#heardOwn(payload);
			this.#subscriptions.push(
				await this.#redis.subscribe({
					names: [this.#ownChannel],
					onMessage: own,
					timeoutMs: this.#heartbeatMs,
					signal,
				}),
			);
		}
		this.#subscriptions.push(
			await this.#redis.subscribe({
				names: [this.#channel],
				onMessage: (payload) => this.#heard(payload),
				onLost: () => {
					this.#lost = true;
					this.#listener.down(undefined);
				},
				onGap: () => {
					this.#lost = false;
					this.#listener.up();
					this.#ping();
				},
				timeoutMs: this.#heartbeatMs,
				signal,
			}),
		);
	}

	#heard(payload: Buffer): void {
		const message = readMessage(payload);
		if (message === undefined) this.#listener.malformed();
		else this.#listener.message(message);
	}

	#heardOwn(payload: Buffer): void {
		const sentAt = Number(readMessage(payload)?.names[0]);
		if (Number.isFinite(sentAt)) this.#listener.alive(sentAt);
	}

	/** Whether it gets through is seen by its coming back. */
	#ping(): void {
		const message = writeMessage("ping", this.#sender, [String(this.#clock())]);
		this.#redis
			.command(publish(this.#ownChannel, message), { timeoutMs: this.#heartbeatMs, signal: this.#end.signal })
			.catch(() => {});
	}

	#pause(ms: number): Promise<void> {
		return new Promise((resolve) => {
			const { signal } = this.#end;
			const timer = setTimeout(done, ms);
			timer.unref();
			signal.addEventListener("abort", done, { once: true });
			function done(): void {
				clearTimeout(timer);
				signal.removeEventListener("abort", done);
				resolve();
			}
		});
	}
}
