import type { BloomInfo } from "./bloom-filter.ts";

/** One way to keep a filter. */
export interface Backend {
	reserve(): Promise<boolean>;
	/** `null`: not added, since the filter is full. */
	add(items: readonly Buffer[]): Promise<Array<boolean | null>>;
	has(items: readonly Buffer[]): Promise<boolean[]>;
	count(): Promise<number>;
	info(): Promise<BloomInfo | null>;
	clear(): Promise<boolean>;
}
