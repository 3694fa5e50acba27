/** Counts since the cache was made, and what it holds now. */
export interface CacheStats {
	/** Reads answered from this process's memory. */
	readonly l1Hits: number;
	/** Reads answered from Redis. */
	readonly l2Hits: number;
	/** Of both: answered with a value past its time. */
	readonly staleHits: number;
	readonly misses: number;
	/** Loaders begun. */
	readonly loads: number;
	/** Loaders that failed, and keys for which a loader of many had an error. */
	readonly loadErrors: number;
	/** Results of loads that were not written, since the key was invalidated meanwhile or the lease was lost. */
	readonly fillsDropped: number;
	/** Entries of Redis that could not be read. */
	readonly corrupt: number;
	/** Failures of Redis that reads went on without. */
	readonly l2Errors: number;
	/** Loads and reads of Redis under way. */
	readonly inFlight: number;
	/** Loads that wait for their turn (`maxConcurrentLoads`). */
	readonly waitingLoads: number;
	readonly l1Entries: number;
	/** Of encoded values. */
	readonly l1Bytes: number;
	/** `down`: memory is not used. `off`: there is no bus. */
	readonly bus: "up" | "down" | "off";
	readonly breaker: "closed" | "open" | "half-open";
	/** Invalidations that wait for Redis. */
	readonly queued: number;
}

/** The counts, to be counted up. */
export class Counts {
	l1Hits = 0;
	l2Hits = 0;
	staleHits = 0;
	misses = 0;
	loads = 0;
	loadErrors = 0;
	fillsDropped = 0;
	corrupt = 0;
	l2Errors = 0;
}
