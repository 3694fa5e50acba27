import type { ResolvedBloomOptions } from "./options.ts";

/** Of one layer, or one part of it: 16 MB. A longer value stalls the server when it is made, moved and deleted. */
export const MOST_BITS: number = 2 ** 27;

/** What a filter in plain Redis is made of: as many parts as keep each below {@link MOST_BITS}, which share the items by their hash. */
export interface Shape {
	readonly parts: number;
	/** Of the first layer of each part; each further one has half the error rate of the one before. */
	readonly capacity: number;
	readonly errorRate: number;
	readonly bits: number;
	readonly hashes: number;
}

export function shapeOf({ capacity, errorRate, growth }: ResolvedBloomOptions): Shape {
	const rate = growth === undefined ? errorRate : errorRate * FIRST_LAYER;
	const hashes = Math.max(1, Math.round(-Math.log2(rate)));
	const bitsPerItem = bitsPerItemOf(rate, hashes);
	const parts = Math.ceil((capacity * bitsPerItem) / (MOST_BITS * ROOM));
	const share = capacity / parts;
	// Six standard deviations: no part is full long before the others are.
	const each = parts === 1 ? capacity : Math.ceil(share + 6 * Math.sqrt(share));
	const bits = Math.ceil(Math.max(each, FEWEST) * bitsPerItem);
	return { parts, capacity: each, errorRate: rate, bits, hashes };
}

/**
 * Of the error rate of the whole. With a half, all layers together would have it exactly; but small ones err by some percent more or
 * less than theory says, and the whole is to stay below.
 */
const FIRST_LAYER = 0.45;

/**
 * So many that with this whole number of hashes the rate is kept. The well-known −ln p / ln² 2 would be enough only for a fraction.
 *
 * @see https://en.wikipedia.org/wiki/Bloom_filter#Probability_of_false_positives
 */
function bitsPerItemOf(rate: number, hashes: number): number {
	return -hashes / Math.log(1 - rate ** (1 / hashes));
}

/** For the six standard deviations. */
const ROOM = 0.99;

/** The theory is one of large numbers: a layer for fewer items has the bits of one for so many, as add.lua has it too. */
const FEWEST = 100;
