import { checkInteger, checkKnown, InvalidArgumentError } from "@rk/client";

export interface MemoryOptions {
	/**
	 * The part of each limit that this process may allow on its own, above 0 and up to 1: with four processes, 1/4 keeps the total
	 * at about the limit. Every limit is at least one unit.
	 */
	readonly share: number;
	/** Subjects counted at a time; the one not seen for longest is forgotten for another. @default 10_000 */
	readonly maxSubjects?: number;
}

/** Limits counted in this process. Made by {@link memory}. */
export interface Memory {
	readonly share: number;
	readonly maxSubjects: number;
}

/** What stands in for Redis while it cannot decide. Made by {@link fallback}. */
export interface Fallback {
	readonly fallback: Memory;
}

/**
 * Counts in this process by the same algorithm, each process for itself: what Redis had counted is not known to it, and what
 * it counts is not told to Redis afterwards.
 *
 * @throws {InvalidArgumentError} a share that is none
 */
export function memory(options: MemoryOptions): Memory {
	checkKnown("memory", options, ["share", "maxSubjects"]);
	const { share, maxSubjects = 10_000 } = options;
	if (typeof share !== "number" || !(share > 0 && share <= 1))
		throw new InvalidArgumentError("share", share, "a number above 0, up to 1");
	checkInteger("maxSubjects", maxSubjects, 1, 10_000_000);
	return Object.freeze({ share, maxSubjects });
}

/** Lets `memory` decide while Redis cannot: `onUnavailable: fallback(memory({ share: 1 / 4 }))`. */
export function fallback(counted: Memory): Fallback {
	return Object.freeze({ fallback: memory(counted) });
}
