/** What the cache holds: where it came from, so that nothing has to be guessed from the outside. */
export interface Value {
	readonly key: string;
	/** Of the load or the set that made it; no two have the same. */
	readonly id: string;
	/** What the database had when it was read. */
	readonly version: number;
}

/** A loader ran: it began before it looked into the database. Instants are in milliseconds of `now()`. */
export interface Load {
	readonly kind: "load";
	/** Of the values that it made, one for each key. */
	readonly ids: readonly string[];
	readonly began: number;
}

export interface Read {
	readonly kind: "read";
	readonly by: string;
	readonly key: string;
	readonly began: number;
	readonly ended: number;
	/** Absent: a miss. */
	readonly value?: Value;
	/** Which of the readings after the end it was, from 1. */
	readonly round?: number;
}

/** The database was changed, and then the cache was told. */
export interface Invalidation {
	readonly kind: "invalidation";
	readonly by: string;
	readonly keys: readonly string[];
	readonly began: number;
	readonly ended: number;
	/** What was there may still be served, while it is stale. */
	readonly soft: boolean;
	/** What was set in the place of what was there. */
	readonly ids?: readonly string[];
}

interface Failure {
	readonly kind: "failure";
	readonly by: string;
	readonly detail: string;
	readonly at: number;
}

/** What a worker writes down. */
export type Entry = Load | Read | Invalidation | Failure;

/** An entry, and the node that wrote it. */
export type Event = Entry & { readonly node: string };
