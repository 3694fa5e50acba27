import type { ScoreBound } from "@rk/client";

/** A member as it stands on the board. */
export interface LeaderboardEntry {
	readonly member: string;
	readonly score: number;
	/** From 1, by the board's `ranking`. */
	readonly rank: number;
	/** Only where it was asked for: the member's data, or `null` for none. */
	readonly data?: string | null;
}

/** What became of a score that was added. */
export interface Added {
	readonly score: number;
	/** The score before; `null`: the member is new. */
	readonly previous: number | null;
	/** `null`: the member is not among the best `maxSize`, and was taken off the board. */
	readonly rank: number | null;
	readonly previousRank: number | null;
	readonly changed: boolean;
}

/** What becomes of a score that is there already. By `best` the better of the two stays, by `lowest` the lower. */
export type AddMode = "set" | "best" | "lowest" | "incr";

export interface AddOptions {
	/** @default "set" */
	readonly mode?: AddMode;
	/**
	 * On a board with `memberData`: the member's data from now on, `null` for none; also where by `best` or `lowest` the score stays
	 * as it was.
	 * @default as it is
	 */
	readonly data?: string | null;
}

export interface ListOptions {
	/** On a board with `memberData`: entries have it. @default false */
	readonly withData?: boolean;
}

export interface AroundOptions extends ListOptions {
	/** Near the top and the end of the board, more from the other side. @default true */
	readonly fill?: boolean;
}

export interface ScoreRangeOptions extends ListOptions {
	/** How many of the range to skip; they cost nothing. @default 0 */
	readonly offset?: number;
	/** @default maxEntries */
	readonly limit?: number;
}

export interface ExportOptions extends ListOptions {
	/** Entries in one reply, up to `maxEntries`. @default 500, or `maxEntries` if that is less */
	readonly batch?: number;
}

/** A member and its score, and on a board with `memberData` its data. */
export type NewEntry = readonly [member: string, score: number, data?: string | null];

/**
 * Members by score. Every call is atomic, and one round trip, unless it says otherwise; ranks and scores of one reply belong together.
 *
 * Nothing is sent twice: after an error whose `outcome` is `unknown` a score may have been added. Only by the modes other than `incr` may
 * it be added again.
 *
 * @throws {InvalidArgumentError} an argument is not acceptable: at the call, and nothing is sent
 * @throws {LeaderboardLayoutError} the board was made by other options. `size` and `countInRange` do not look, nor do `top`, `page`,
 * `rangeByRank`, `export`, `rank` and `score` of a plain board with `ranking: "ordinal"`: they are one command of the server's
 * @throws {CommandError} no reply
 */
export interface Leaderboard {
	/** The board's key. */
	readonly key: string;

	/**
	 * Writes a member's score.
	 *
	 * @throws {LeaderboardScoreError} by `incr`: the sum is out of range; nothing was changed
	 */
	add(member: string, score: number, options?: AddOptions): Promise<Added>;

	/** Adds to a member's score, which is 0 if there is none. */
	incr(member: string, delta?: number, options?: { readonly data?: string | null }): Promise<Added>;

	/**
	 * Writes many scores, in their order, 500 at a time: each 500 are atomic, and in one go with others. How many members are new, and
	 * how many scores of others changed.
	 *
	 * @throws {CommandError} of the first 500 that were not written; those before them are, those behind them may be
	 * @throws {LeaderboardScoreError} by `incr`: a sum is out of range; the entries before it are written, of its 500 none behind it
	 */
	addMany(
		entries: Iterable<NewEntry>,
		options?: { readonly mode?: AddMode },
	): Promise<{ added: number; updated: number }>;

	/** The best, up to `maxEntries`. */
	top(count: number, options?: ListOptions): Promise<LeaderboardEntry[]>;

	/** The last, the very last first. */
	bottom(count: number, options?: ListOptions): Promise<LeaderboardEntry[]>;

	/** Pages are counted from 1. */
	page(page: number, size: number, options?: ListOptions): Promise<LeaderboardEntry[]>;

	/**
	 * `count` members about one, which is always among them: half before it, and with an even count one more behind it. None, if it is
	 * not on the board.
	 */
	around(member: string, count: number, options?: AroundOptions): Promise<LeaderboardEntry[]>;

	/** From the better end of the range. Infinities are no bounds. */
	rangeByScore(min: ScoreBound, max: ScoreBound, options?: ScoreRangeOptions): Promise<LeaderboardEntry[]>;

	/** The `first` to the `last`, both included, counted from 1 as by the ranking `ordinal`. */
	rangeByRank(first: number, last: number, options?: ListOptions): Promise<LeaderboardEntry[]>;

	/** From 1; `null`: not on the board. */
	rank(member: string): Promise<number | null>;

	score(member: string): Promise<number | null>;

	get(member: string): Promise<LeaderboardEntry | null>;

	/** By the order of the members; up to `maxEntries` of them. */
	getMany(members: readonly string[]): Promise<Array<LeaderboardEntry | null>>;

	countInRange(min: ScoreBound, max: ScoreBound): Promise<number>;

	/** How many percent of the members are not better, itself included: above 0, and 100 for the best. `null`: not on the board. */
	percentile(member: string): Promise<number | null>;

	/** The least good score of those that are at `percent` or above, from 0 to 100; `null`: there are no members. */
	scoreAtPercentile(percent: number): Promise<number | null>;

	/** How many of them were on the board; up to `maxEntries` at a time. */
	remove(members: string | readonly string[]): Promise<number>;

	/** Takes off all but the best `size`, 1 000 in a round trip; how many went. */
	trim(size: number): Promise<number>;

	size(): Promise<number>;

	/** Deletes the board, of whatever layout it is. `false`: there was none. */
	clear(): Promise<boolean>;

	/**
	 * All entries from the best on, by place. Of a board that nobody writes to, each exactly once; of another, one that moves meanwhile may
	 * be missing or come twice.
	 */
	export(options?: ExportOptions): AsyncIterable<LeaderboardEntry>;
}
