import { checkInteger, checkKnown, InvalidArgumentError } from "@rk/client";
import { isKeyName } from "../sibling-key.ts";

/** How members with the same score rank. */
export type Ranking = "ordinal" | "dense" | "competition" | "modified";

/** Which of the members with the same score stands before the others. */
export type Ties = "lex" | "first" | "last";

export interface LeaderboardOptions {
	/** The board's key is `leaderboard:` and this, as it is. For boards of one slot of a cluster, a hash tag: `{game:7}:week`. */
	readonly name: string;
	/** Which scores are the better ones: the high ones (`desc`), or the low ones, as in a race (`asc`). @default "desc" */
	readonly order?: "desc" | "asc";
	/**
	 * Which of several members with the same score stands first: `lex`, as Redis has them, the greater text with `desc` and the smaller
	 * with `asc`; `first` who reached the score first, or `last` who did last. By time a member takes about twice the memory.
	 * @default "lex"
	 */
	readonly ties?: Ties;
	/**
	 * The ranks of scores 9, 7, 7, 5: `ordinal` 1 2 3 4; `competition` 1 2 2 4; `modified` 1 3 3 4; `dense` 1 2 2 3, which keeps a second
	 * sorted set of the different scores.
	 * @default "ordinal"
	 */
	readonly ranking?: Ranking;
	/** Members may have data, text of up to what Redis takes, that comes and goes with them. @default false */
	readonly memberData?: boolean;
	/** The board expires so long after the last write (`add…`, `incr`, `remove`, `trim`), in milliseconds. @default never */
	readonly ttlMs?: number;
	/** The board keeps the best so many. @default no limit */
	readonly maxSize?: number;
	/**
	 * Scores are whole multiples of 1 / scale, up to 2^51 of them, kept as whole numbers: with 100, ten times 0.1 is 1. Without it they
	 * are doubles up to 2^53 − 1. Who opens a board of `ties: "lex"`, without `dense` and `memberData`, by another scale or order, is not
	 * noticed, since nothing is kept beside it.
	 * @default none
	 */
	readonly scale?: number;
	/** Allows the scores Infinity and -Infinity. @default false */
	readonly infinity?: boolean;
	/** The most entries that one list has, whatever is asked for, up to 5 000. @default 1_000 */
	readonly maxEntries?: number;
}

export interface ResolvedOptions {
	readonly name: string;
	readonly order: "desc" | "asc";
	readonly ties: Ties;
	readonly ranking: Ranking;
	readonly memberData: boolean;
	readonly ttlMs: number | undefined;
	readonly maxSize: number | undefined;
	readonly scale: number | undefined;
	readonly infinity: boolean;
	readonly maxEntries: number;
}

/** What the README's table quotes. */
export const DEFAULTS: Readonly<{
	order: "desc" | "asc";
	ties: Ties;
	ranking: Ranking;
	memberData: boolean;
	infinity: boolean;
	maxEntries: number;
}> = Object.freeze({
	order: "desc",
	ties: "lex",
	ranking: "ordinal",
	memberData: false,
	infinity: false,
	maxEntries: 1_000,
});

export const OPTIONS: readonly string[] = [
	"name",
	"order",
	"ties",
	"ranking",
	"memberData",
	"ttlMs",
	"maxSize",
	"scale",
	"infinity",
	"maxEntries",
];

/** @throws {InvalidArgumentError} */
export function resolveOptions(options: LeaderboardOptions): ResolvedOptions {
	checkKnown("", options, OPTIONS);
	const { name, ttlMs, maxSize, scale } = options;
	const { order = DEFAULTS.order, ties = DEFAULTS.ties, ranking = DEFAULTS.ranking } = options;
	const { memberData = DEFAULTS.memberData, infinity = DEFAULTS.infinity } = options;
	const { maxEntries = DEFAULTS.maxEntries } = options;
	if (!isKeyName(name) || name === "")
		throw new InvalidArgumentError(
			"name",
			name,
			"well-formed text, not empty, with braces only around one hash tag",
		);
	checkOneOf("order", order, ["desc", "asc"]);
	checkOneOf("ties", ties, ["lex", "first", "last"]);
	checkOneOf("ranking", ranking, ["ordinal", "dense", "competition", "modified"]);
	checkBoolean("memberData", memberData);
	if (ttlMs !== undefined) checkInteger("ttlMs", ttlMs, 1);
	if (maxSize !== undefined) checkInteger("maxSize", maxSize, 1);
	if (scale !== undefined) checkInteger("scale", scale, 1, 1_000_000_000);
	checkBoolean("infinity", infinity);
	checkInteger("maxEntries", maxEntries, 1, 5_000);
	return { name, order, ties, ranking, memberData, ttlMs, maxSize, scale, infinity, maxEntries };
}

/** @throws {InvalidArgumentError} */
export function checkOneOf(argument: string, value: unknown, allowed: readonly string[]): void {
	if (allowed.some((word) => word === value)) return;
	throw new InvalidArgumentError(argument, value, allowed.map((word) => `"${word}"`).join(" or "));
}

function checkBoolean(argument: string, value: unknown): void {
	if (typeof value !== "boolean") throw new InvalidArgumentError(argument, value, "true or false");
}
