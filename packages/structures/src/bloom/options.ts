import { checkInteger, checkKnown, InvalidArgumentError } from "@rk/client";
import { isKeyName } from "../sibling-key.ts";

/** What keeps the filter: the commands `BF.*` of a module, or bits in plain Redis. */
export type BloomBackend = "native" | "bitfield";

export interface BloomFilterOptions {
	/** The filter's key is `prefix` and this. */
	readonly name: string;
	/** How many items the filter is made for, from 1 to 10^10. */
	readonly capacity: number;
	/**
	 * How many of the items that were never added it may take for added, when it is full: from 10^-12 to 0.25, and below 1 for who only
	 * reads a filter of such a rate. Up to 0.05 it is kept within 5 %. Items that the filter takes for known do not fill it, so that at
	 * higher rates it errs more often before it is full: at 0.1 about 0.11, at 0.2 about 0.23.
	 */
	readonly errorRate: number;
	/**
	 * Past its capacity the filter grows by layers, each `growth` times as large as the last, from 2 to 8; each makes it slower. Without
	 * it a full filter takes no more.
	 * @default none
	 */
	readonly scaling?: { readonly growth?: number };
	/** `auto`: what keeps the filter that is there; for a new one `native` where the server has `BF.*`. @default "auto" */
	readonly backend?: "auto" | BloomBackend;
	/**
	 * The filter expires so long after it was made, in milliseconds. Above 16 MB it does so in parts on several servers: where their
	 * clocks differ, it is a {@link BloomLostError} for as long.
	 * @default never
	 */
	readonly ttlMs?: number;
	/** What the key begins with. @default "bloom:" */
	readonly prefix?: string;
}

export interface ResolvedBloomOptions {
	readonly key: string;
	readonly capacity: number;
	readonly errorRate: number;
	/** `undefined`: no more layers than one. */
	readonly growth: number | undefined;
	readonly backend: "auto" | BloomBackend;
	readonly ttlMs: number | undefined;
}

/** What the README's table quotes. */
export const BLOOM_DEFAULTS: Readonly<{ backend: "auto"; prefix: string }> = Object.freeze({
	backend: "auto",
	prefix: "bloom:",
});

const GROWTH = 2;
/** As of RedisBloom: above it, what the filter takes for known does not count, and it errs far more often than it says. */
const MOST_RATE = 0.25;

/** @throws {InvalidArgumentError} */
export function resolveBloomOptions(options: BloomFilterOptions): ResolvedBloomOptions {
	checkKnown("", options, ["name", "capacity", "errorRate", "scaling", "backend", "ttlMs", "prefix"]);
	const { name, capacity, errorRate, scaling, ttlMs } = options;
	const { backend = BLOOM_DEFAULTS.backend, prefix = BLOOM_DEFAULTS.prefix } = options;
	if (typeof prefix !== "string") throw new InvalidArgumentError("prefix", prefix, "text");
	if (!isKeyName(name) || name === "" || !isKeyName(prefix + name))
		throw new InvalidArgumentError(
			"name",
			name,
			"well-formed text, not empty, with braces only around one hash tag",
		);
	checkInteger("capacity", capacity, 1, 10 ** 10);
	if (typeof errorRate !== "number" || !(errorRate >= 1e-12 && errorRate < 1))
		throw new InvalidArgumentError("errorRate", errorRate, "a number from 10^-12 to below 1");
	if (ttlMs !== undefined) checkInteger("ttlMs", ttlMs, 1);
	if (backend !== "auto" && backend !== "native" && backend !== "bitfield")
		throw new InvalidArgumentError("backend", backend, '"auto", "native" or "bitfield"');
	return { key: prefix + name, capacity, errorRate, growth: growthOf(scaling), backend, ttlMs };
}

/** @throws {InvalidArgumentError} no filter is made of such a rate */
export function checkWritable({ errorRate }: ResolvedBloomOptions): void {
	if (errorRate > MOST_RATE)
		throw new InvalidArgumentError("errorRate", errorRate, `${MOST_RATE} at most, but for reading`);
}

function growthOf(scaling: BloomFilterOptions["scaling"]): number | undefined {
	if (scaling === undefined) return undefined;
	checkKnown("scaling", scaling, ["growth"]);
	const { growth = GROWTH } = scaling;
	checkInteger("scaling.growth", growth, 2, 8);
	return growth;
}
