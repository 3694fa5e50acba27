import { type RedisPort, zrem } from "@rk/client";
import { indexAddScript, indexListScript, indexPruneScript } from "./scripts.ts";
import type { Keys } from "./session-id.ts";

/** A session that is entered longer than this and has no key is none that is still being made. */
export const SETTLED_MS = 120_000;

/** A session in a user's index. */
export interface Entry {
	readonly handle: string;
	/** The Unix time in ms at which it is dropped. */
	readonly dropMs: number;
	/** It may still be being made. */
	readonly young: boolean;
}

/** Which sessions a user has: entered before they are made, taken out after they are destroyed, so that none is missing. */
export class UserIndex {
	readonly #redis: RedisPort;
	readonly #keys: Keys;
	/** Longer than a session lives, since the clocks of two servers may differ. */
	readonly #stayMs: number;

	constructor(redis: RedisPort, keys: Keys, absoluteMs: number) {
		this.#redis = redis;
		this.#keys = keys;
		this.#stayMs = absoluteMs + SETTLED_MS;
	}

	/** How many are entered then. @param deadlineMs of a session that there is: it may have been made when they lived longer */
	add(userId: string, handle: string, deadlineMs = 0): Promise<number> {
		const times = [this.#stayMs, deadlineMs + SETTLED_MS].map(String);
		return this.#redis.command(indexAddScript([this.#keys.user(userId)], [handle, ...times]));
	}

	async remove(userId: string, handles: readonly string[]): Promise<void> {
		if (handles.length > 0) await this.#redis.command(zrem(this.#keys.user(userId), handles));
	}

	/** Likewise, but leaves those that were entered anew since they were listed. */
	async prune(userId: string, entries: readonly Entry[]): Promise<void> {
		if (entries.length === 0) return;
		const args = entries.flatMap(({ handle, dropMs }) => [handle, String(dropMs)]);
		await this.#redis.command(indexPruneScript([this.#keys.user(userId)], args));
	}

	async list(userId: string): Promise<Entry[]> {
		const [now, entries] = await this.#redis.command(indexListScript([this.#keys.user(userId)]));
		const old = Number(now) + this.#stayMs - SETTLED_MS;
		return entries.map(([handle, dropMs]) => ({ handle, dropMs, young: dropMs > old }));
	}
}
