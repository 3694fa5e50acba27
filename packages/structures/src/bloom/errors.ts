import { RkError } from "@rk/client";
import type { BloomBackend } from "./options.ts";

/** The filter has as many items as it was made for, and does not grow. What was added before stays. */
export class BloomFullError extends RkError {
	override readonly name = "BloomFullError";
	override readonly code = "RK_BLOOM_FULL";
	/** The filter's key. */
	readonly key: string;
	/** By the order of the items: `true` was new, `false` was there already, `null` was not added. */
	readonly added: ReadonlyArray<boolean | null>;

	constructor(key: string, added: ReadonlyArray<boolean | null>) {
		const left = added.filter((outcome) => outcome === null).length;
		super(`The Bloom filter ${JSON.stringify(key)} is full: ${left} of ${added.length} items were not added`);
		this.key = key;
		this.added = added;
	}
}

/**
 * One of the filter's keys is gone, as by eviction, while the rest is there: it would deny items that were added. `clear()` it, and add
 * them again.
 */
export class BloomLostError extends RkError {
	override readonly name = "BloomLostError";
	override readonly code = "RK_BLOOM_LOST";
	/** The filter's key. */
	readonly key: string;
	/** The key that is gone. */
	readonly lost: string;

	constructor(key: string, lost: string) {
		super(`The Bloom filter ${JSON.stringify(key)} has lost its key ${JSON.stringify(lost)}`);
		this.key = key;
		this.lost = lost;
	}
}

/** The filter that is there was made with another capacity, error rate or growth. It is left as it is. */
export class BloomConfigError extends RkError {
	override readonly name = "BloomConfigError";
	override readonly code = "RK_BLOOM_CONFIG";
	/** The filter's key. */
	readonly key: string;
	readonly expected: string;
	readonly found: string;

	constructor(key: string, expected: string, found: string, options?: ErrorOptions) {
		super(
			`The Bloom filter ${JSON.stringify(key)} was made with ${found}, but the options say ${expected}`,
			options,
		);
		this.key = key;
		this.expected = expected;
		this.found = found;
	}
}

/** What is at the filter's key is none of this backend: a filter of the other one, or something else. */
export class BloomBackendError extends RkError {
	override readonly name = "BloomBackendError";
	override readonly code = "RK_BLOOM_BACKEND";
	/** The filter's key. */
	readonly key: string;
	readonly backend: BloomBackend;

	constructor(key: string, backend: BloomBackend, options?: ErrorOptions) {
		super(`What is at ${JSON.stringify(key)} is no Bloom filter of the backend "${backend}"`, options);
		this.key = key;
		this.backend = backend;
	}
}
