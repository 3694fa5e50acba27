import type { LRUCache } from "lru-cache";
import type { Bulkhead } from "./bulkhead.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Events } from "./events.ts";
import type { Flight } from "./flight.ts";
import type { InFlight } from "./in-flight.ts";
import type { InvalidationQueue } from "./invalidation-queue.ts";
import type { LeaseBells } from "./lease-bells.ts";
import type { Memory } from "./memory.ts";
import type { Nesting } from "./nesting.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Packing } from "./packing.ts";
import type { Reader } from "./reader.ts";
import type { Remote } from "./remote.ts";
import type { Counts } from "./stats.ts";
import type { Tags } from "./tags.ts";
import type { Tokens } from "./tokens.ts";

/** Redis, as one cache sees it. */
export interface SecondTier {
	readonly remote: Remote;
	readonly tokens: Tokens;
	readonly reader: Reader;
	/** Its nodes' clocks are not the same. */
	readonly manyClocks: boolean;
	/** What others invalidate is heard of in time, so that whoever asks may join what is under way. */
	readonly hears: () => boolean;
	/** It fails at present, so that memory is all there is. */
	readonly isDown: () => boolean;
	/** What is in it, and is known to be out of date. */
	readonly queue: InvalidationQueue;
}

/** What a cache is made of. */
export interface Parts {
	readonly options: ResolvedOptions;
	readonly clock: () => number;
	readonly deadlines: Deadlines;
	readonly events: Events;
	readonly counts: Counts;
	readonly tags: Tags;
	readonly memory: Memory | undefined;
	readonly redis: SecondTier | undefined;
	readonly packing: Packing;
	readonly inFlight: InFlight<Flight>;
	readonly bells: LeaseBells;
	readonly bulkhead: Bulkhead;
	readonly nesting: Nesting;
	/** Keys whose load failed, and until when a value past its time is served without trying again. */
	readonly backoffs: LRUCache<string, number>;
}
