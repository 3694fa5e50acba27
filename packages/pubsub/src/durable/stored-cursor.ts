import { get, type RedisPort, set } from "@rk/client";
import type { Cursor } from "./entry.ts";

/** How far a subscriber came is written this often, at most, and when it ends. */
const EVERY_MS = 1_000;

/** A named subscriber's cursor in Redis, as `id epoch count`. It has no expiry: the name was given so that it stays. */
export class StoredCursor {
	readonly #redis: RedisPort;
	readonly #key: string;
	readonly #failed: (error: unknown) => void;
	#latest: Cursor | undefined;
	#timer: NodeJS.Timeout | undefined;
	#saving: Promise<void> | undefined;
	#ended = false;

	constructor(redis: RedisPort, key: string, failed: (error: unknown) => void) {
		this.#redis = redis;
		this.#key = key;
		this.#failed = failed;
	}

	/** `undefined`: nobody of this name was here before. */
	async load(): Promise<Cursor | undefined> {
		// From the master: a replica may not have the latest, and what was handled since would come again.
		const stored = await this.#redis.command({ ...get(this.#key), readOnly: false });
		if (stored === null) return undefined;
		const [id = "", epoch = "", count = ""] = stored.split(" ");
		return { id, epoch, count: count === "" ? undefined : Number(count) };
	}

	/** Is written soon. */
	moved(cursor: Cursor): void {
		if (this.#ended) return;
		this.#latest = cursor;
		if (this.#timer !== undefined || this.#saving !== undefined) return;
		this.#timer = setTimeout(() => {
			this.#timer = undefined;
			this.#saving = this.save().then(
				() => {
					this.#saving = undefined;
					if (this.#latest !== undefined) this.moved(this.#latest);
				},
				(error) => {
					this.#saving = undefined; // tried again with the next message
					this.#failed(error);
				},
			);
		}, EVERY_MS);
		this.#timer.unref();
	}

	/** Writes where it is, if that is not written. */
	async save(): Promise<void> {
		const cursor = this.#latest;
		if (cursor === undefined) return;
		this.#latest = undefined;
		try {
			await this.#redis.command(set(this.#key, `${cursor.id} ${cursor.epoch} ${cursor.count ?? ""}`));
		} catch (error) {
			this.#latest ??= cursor;
			throw error;
		}
	}

	/** The last write; nothing is written after it. */
	async end(): Promise<void> {
		this.#ended = true;
		clearTimeout(this.#timer);
		await this.#saving;
		await this.save().catch(this.#failed);
	}
}
