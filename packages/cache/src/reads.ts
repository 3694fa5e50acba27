import type { Entry } from "./entry.ts";
import { hit, l2Failed, miss } from "./outcomes.ts";
import type { Parts } from "./parts.ts";

const NO_TAGS: readonly string[] = Object.freeze([]);

/** Plain reads of one key: once for all who ask, and nothing is loaded. */
export class Reads {
	readonly #parts: Parts;

	constructor(parts: Parts) {
		this.#parts = parts;
	}

	/** What memory does not have; `undefined`: nothing fresh. */
	async get(key: string): Promise<unknown> {
		const { inFlight, memory, clock } = this.#parts;
		let read = inFlight.reads.get(key);
		if (read === undefined) {
			const own = this.#read(key);
			read = own;
			inFlight.reads.set(key, own);
			const end = (): void => {
				if (inFlight.reads.get(key) === own) inFlight.reads.delete(key);
			};
			// Where nobody tells of invalidations, one may not join a read that has left.
			if (memory?.isTrusted(clock())) void own.then(end);
			else queueMicrotask(end);
		}
		const entry = await read;
		if (entry !== undefined) return entry.take();
		miss(this.#parts, key);
		return undefined;
	}

	/** Never rejects: where Redis fails there is nothing. */
	async #read(key: string): Promise<Entry | undefined> {
		const { redis, inFlight, memory, clock } = this.#parts;
		if (redis === undefined || redis.queue.coversKey(key) || !redis.remote.admits()) return undefined;
		const fence = inFlight.enter(key);
		try {
			const entry = await redis.reader.read(key, NO_TAGS, undefined);
			if (entry === undefined) return undefined;
			const now = clock();
			if (!fence.fenced) memory?.put(key, entry, now);
			if (now >= entry.freshUntil) return undefined;
			hit(this.#parts, key, "l2", false);
			return entry;
		} catch (error) {
			l2Failed(this.#parts, "get", error);
			return undefined;
		} finally {
			inFlight.leave(fence);
		}
	}
}
