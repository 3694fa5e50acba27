import type { Entry } from "./entry.ts";
import { hit, l2Failed, miss } from "./outcomes.ts";
import type { Parts } from "./parts.ts";

const NO_TAGS: readonly string[] = Object.freeze([]);
const NOTHING: Promise<undefined> = Promise.resolve(undefined);

/** Plain reads of one key: once for all who ask, and nothing is loaded. */
export class Reads {
	readonly #parts: Parts;

	constructor(parts: Parts) {
		this.#parts = parts;
	}

	/** What memory does not have; `undefined`: nothing fresh. */
	async get(key: string): Promise<unknown> {
		const entry = await (this.#parts.inFlight.reads.get(key) ?? this.#begin(key));
		if (entry !== undefined) return entry.take();
		miss(this.#parts, key);
		return undefined;
	}

	/** Never rejects: where Redis fails there is nothing. */
	#begin(key: string): Promise<Entry | undefined> {
		const { redis, inFlight, memory, clock } = this.#parts;
		if (redis === undefined || redis.queue.coversKey(key) || !redis.remote.admits()) return NOTHING;
		const fence = inFlight.enter(key);
		const forget = (): void => {
			if (inFlight.reads.get(key) === read) inFlight.reads.delete(key);
		};
		const read = redis.reader.read(key, NO_TAGS, undefined, {
			// Where nobody tells of invalidations, one may not join a read that has left.
			leaves: () => {
				if (!redis.hears()) forget();
			},
			found: (entry) => {
				forget();
				fence.leave();
				if (entry === undefined) return undefined;
				const now = clock();
				if (!fence.fenced) memory?.put(key, entry, now);
				if (now >= entry.freshUntil) return undefined;
				hit(this.#parts, key, "l2", false);
				return entry;
			},
			failed: (error) => {
				forget();
				fence.leave();
				l2Failed(this.#parts, "get", error);
				return undefined;
			},
		});
		inFlight.reads.set(key, read);
		return read;
	}
}
