import type { Remote } from "./remote.ts";

/** The right to write what is being loaded. It ends by itself, so that a load that takes longer has it renewed. */
export class Lease {
	readonly key: string;
	readonly token: string;
	/** The server's Unix time in ms when it was taken. */
	readonly timeMs: number;
	readonly #remote: Remote;
	readonly #leaseMs: number;
	#timer: NodeJS.Timeout | undefined;

	constructor(remote: Remote, key: string, token: string, timeMs: number, leaseMs: number) {
		this.#remote = remote;
		this.key = key;
		this.token = token;
		this.timeMs = timeMs;
		this.#leaseMs = leaseMs;
	}

	/** Renews it after each third of its time, for `ms` at the longest: a load that hangs is not to keep others from loading for ever. */
	keep(ms: number): void {
		let left = Math.ceil((3 * ms) / this.#leaseMs);
		this.#timer = setInterval(() => {
			left -= 1;
			if (left <= 0) this.stop();
			this.#remote.renewLease(this.key, this.token, this.#leaseMs).then(
				(kept) => {
					if (!kept) this.stop(); // what is loaded will be dropped
				},
				() => {}, // it is tried again, and the fill tells
			);
		}, this.#leaseMs / 3);
		this.#timer.unref();
	}

	stop(): void {
		clearInterval(this.#timer);
	}

	/** Others need not wait for its end. It ends by itself if this fails. */
	async release(): Promise<void> {
		this.stop();
		await this.#remote.release(this.key, this.token).catch(() => {});
	}
}
