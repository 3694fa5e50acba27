import type { BloomBackend } from "./options.ts";

/** Text, of which the UTF-8 bytes count, or bytes. A number is turned into text by the caller: `1` would be the item `"1"`. */
export type BloomItem = string | Uint8Array;

export interface BloomInfo {
	readonly backend: BloomBackend;
	/** Of all layers that there are. */
	readonly capacity: number;
	/** Items that were new when they were added: fewer than were added, by those that the filter took for known. */
	readonly inserted: number;
	/** `inserted` of `capacity`: at 1 the filter is full, or grows. */
	readonly saturation: number;
	/** Of the bits, and what the module has beside them. */
	readonly bytes: number;
	readonly layers: number;
	/** The error rate by the bits that are set now. `null`: the module does not tell. */
	readonly estimatedErrorRate: number | null;
}

/**
 * Tells whether an item was added: `false` is certain, `true` may be an error, as rarely as `errorRate` says. Items cannot be taken out.
 *
 * The filter is made by the first call that adds. Adding again is safe, also after an error whose `outcome` is `unknown`.
 *
 * @throws {BloomFullError} the filter does not grow, and is full
 * @throws {BloomLostError} a part of the filter is gone
 * @throws {BloomConfigError} the filter was made by other options
 * @throws {BloomBackendError} the key holds something else
 * @throws {CommandError} no reply
 */
export interface BloomFilter {
	/** The filter's key. */
	readonly key: string;

	/** Makes the filter, so that its memory is taken now. `false`: it is there already. */
	reserve(): Promise<boolean>;

	/** `false`: it was there already, or the filter takes it for such a one. */
	add(item: BloomItem): Promise<boolean>;

	/**
	 * By the order of the items, some at a time: 100 in a script, 500 in a command of the module. Each time is atomic.
	 *
	 * @throws {BloomFullError} `added` says which items were added all the same
	 */
	addMany(items: Iterable<BloomItem>): Promise<boolean[]>;

	/** Of a filter that is not there, `false`. */
	has(item: BloomItem): Promise<boolean>;

	/** By the order of the items. */
	hasMany(items: Iterable<BloomItem>): Promise<boolean[]>;

	/** Items that were new when they were added. */
	count(): Promise<number>;

	/** `null`: there is no filter. In plain Redis it counts bits, which takes the server up to 10 ms a layer. */
	info(): Promise<BloomInfo | null>;

	/**
	 * Deletes the filter, and what is left of one that was lost. `false`: there was none. A filter above 16 MB that others make at the
	 * same time may be left in parts, which is a {@link BloomLostError}: clear it again.
	 */
	clear(): Promise<boolean>;
}
