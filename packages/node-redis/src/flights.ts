import type { NativeAbortSignal, NodeRedisClient } from "./native.ts";

/** Settled ones are forgotten when, beside as many as are under way, so many have come together. */
const SPARE = 1024;

/**
 * The commands of the port that are under way on a client, so that they can be given up without touching those of the
 * application.
 *
 * The library lets go of an AbortSignal when it writes the command. What it gave the signal to call still rejects the
 * command afterwards, and the reply that comes later is dropped. A signal of our own keeps that, and costs a fraction of a
 * real one, or of a promise more for each command.
 */
export class Flights implements NativeAbortSignal {
	readonly aborted = false;
	readonly #client: NodeRedisClient;
	/** In the order of sending, in which they settle too: so those not settled are among the last. */
	#aborts: Array<() => void> = [];
	#limit = SPARE;

	constructor(client: NodeRedisClient) {
		this.#client = client;
	}

	addEventListener(_event: "abort", abort: () => void): void {
		if (this.#aborts.push(abort) > this.#limit) this.#forgetSettled();
	}

	removeEventListener(): void {}

	/** How many are kept: those under way, and some that are settled. */
	get kept(): number {
		return this.#aborts.length;
	}

	/** Rejects all that are under way. */
	abandon(): void {
		for (const abort of this.#aborts.splice(0)) abort();
	}

	#forgetSettled(): void {
		const under = this.#client._getQueue().pendingCount;
		if (this.#aborts.length > under) this.#aborts = this.#aborts.slice(this.#aborts.length - under);
		this.#limit = 2 * under + SPARE;
	}
}
