import { CHUNK, chunksOf } from "./chunks.ts";
import { newToken, type Remote } from "./remote.ts";

/**
 * The right to write what is being loaded: one key, or many that are loaded together. It ends by itself, so that a load that takes longer
 * has it renewed.
 */
export class Lease {
	readonly token: string = newToken();
	readonly #remote: Remote;
	readonly #leaseMs: number;
	readonly #keys = new Set<string>();
	#timeMs = Number.POSITIVE_INFINITY;
	#timer: NodeJS.Timeout | undefined;
	/** Renewals to come, at most. */
	#left = 0;
	#renewing = false;

	constructor(remote: Remote, leaseMs: number) {
		this.#remote = remote;
		this.#leaseMs = leaseMs;
	}

	/** The server's Unix time in ms when it was taken, of the first key. */
	get timeMs(): number {
		return this.#timeMs;
	}

	/** It was taken for this key. */
	add(key: string, timeMs: number): void {
		this.#keys.add(key);
		this.#timeMs = Math.min(this.#timeMs, timeMs);
	}

	/** It was taken for the key, and is neither given back nor about to be. It may be lost all the same: the fill tells. */
	covers(key: string): boolean {
		return this.#keys.has(key);
	}

	/** From now on it is renewed after each third of its time, for `ms` at the longest: a load that hangs is not to keep others from loading for ever. */
	keep(ms: number): void {
		this.#left = Math.ceil((3 * ms) / this.#leaseMs);
		if (this.#timer !== undefined) return;
		this.#timer = setInterval(() => void this.#renew(), this.#leaseMs / 3);
		this.#timer.unref();
	}

	stop(): void {
		clearInterval(this.#timer);
		this.#timer = undefined;
	}

	/** The fill is about to give it back. */
	filling(key: string): void {
		this.#keys.delete(key);
	}

	/** Others need not wait for its end. It ends by itself if this fails. */
	async release(key: string): Promise<void> {
		if (this.#keys.delete(key)) await this.#remote.release([key], this.token);
	}

	/** The same for all keys that are left. */
	async releaseAll(): Promise<void> {
		this.stop();
		for await (const keys of chunksOf(this.#keys, CHUNK)) await this.#remote.release(keys, this.token);
		this.#keys.clear();
	}

	/** Where it fails, or the lease is lost, the fill tells. */
	async #renew(): Promise<void> {
		this.#left -= 1;
		if (this.#left <= 0) this.stop();
		if (this.#renewing) return;
		this.#renewing = true;
		for await (const keys of chunksOf(this.#keys, CHUNK))
			await this.#remote.renewLeases(keys, this.token, this.#leaseMs);
		this.#renewing = false;
	}
}
