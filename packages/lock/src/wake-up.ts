import type { RedisPort, Subscription } from "@rk/client";

/** After a subscription that failed, the next attempt comes so much later, in milliseconds. */
const AGAIN_MS = 5_000;
const LONGEST_TURN_MS = 20;
const MOST_TURNS = 50;

/** Hears on one lock's channel when it may be free. A message is a hint and nothing more: nothing in it is trusted. */
export class WakeUp {
	readonly #redis: RedisPort;
	readonly #channel: string;
	readonly #tell: () => void;
	readonly #taken: (ttlMs: number) => void;
	readonly #failed: (error: unknown) => void;
	readonly #random: () => number;
	#subscription: Promise<Subscription | undefined> | undefined;
	#again = 0;
	#turnMs = 1;
	#turn: NodeJS.Timeout | undefined;
	#closed = false;

	constructor(
		redis: RedisPort,
		channel: string,
		random: () => number,
		tell: () => void,
		taken: (ttlMs: number) => void,
		failed: (error: unknown) => void,
	) {
		this.#redis = redis;
		this.#channel = channel;
		this.#random = random;
		this.#tell = tell;
		this.#taken = taken;
		this.#failed = failed;
	}

	/** False after it failed: then waiters must ask on their own account. */
	get hearing(): boolean {
		return this.#subscription !== undefined;
	}

	/** The lock was given back, and this listener's turn to ask is yet to come. */
	get yielding(): boolean {
		return this.#turn !== undefined;
	}

	/** How long Redis took to answer: after that, others can have heard who took the lock. */
	took(ms: number): void {
		this.#turnMs = Math.min(Math.max(ms, 1), LONGEST_TURN_MS);
	}

	/** Begins to listen, if it does not yet. */
	listen(): void {
		if (this.#closed || this.#subscription !== undefined || performance.now() < this.#again) return;
		this.#subscription = this.#subscribe();
	}

	close(): void {
		this.#closed = true;
		clearTimeout(this.#turn);
		this.#turn = undefined;
		const subscription = this.#subscription;
		this.#subscription = undefined;
		void subscription?.then((made) => made?.close());
	}

	async #subscribe(): Promise<Subscription | undefined> {
		try {
			const subscription = await this.#redis.subscribe({
				kind: "shard",
				names: [this.#channel],
				onMessage: (payload) => this.#heard(Number(payload)),
				onGap: this.#tell,
			});
			// The lock may have been given back after it was found busy, and before the server listened for us.
			this.#tell();
			return subscription;
		} catch (error) {
			this.#subscription = undefined;
			this.#again = performance.now() + AGAIN_MS;
			if (this.#closed) return undefined;
			this.#failed(error);
			this.#tell();
			return undefined;
		}
	}

	/** This process gave it back: it takes a turn as all who listen do, though it hears its own message later than the reply. */
	gaveBack(listeners: number): void {
		if (listeners > 2 && this.#turn === undefined) this.#takeTurn(1 + this.#draw(listeners));
	}

	/** So many heard that the lock was given back; or it was taken, for so long: a number below 0. */
	#heard(message: number): void {
		clearTimeout(this.#turn);
		this.#turn = undefined;
		if (message < 0) this.#taken(-message);
		else this.#takeTurn(this.#draw(message));
	}

	/**
	 * Not all who listen are to ask at once, of whom one gave it back: each waits for a random number of turns, and asks if nobody has
	 * taken it by then.
	 */
	#draw(listeners: number): number {
		const others = Math.min(listeners - 2, MOST_TURNS);
		return others > 0 ? Math.floor(this.#random() * (others + 1)) : 0;
	}

	#takeTurn(turns: number): void {
		if (turns === 0) this.#tell();
		else this.#turn = setTimeout(this.#myTurn, turns * this.#turnMs).unref();
	}

	readonly #myTurn = (): void => {
		this.#turn = undefined;
		this.#tell();
	};
}
