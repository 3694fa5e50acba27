import { RkError } from "@rk/client";

/**
 * The board in Redis has another layout than these options give: other `ties` (or with ties by time, another `order`), another `scale`,
 * with or without dense ranks or data. Nothing was read or changed: mixing layouts would destroy the board. Of two boards that are
 * plain by both options (`ties: "lex"`, neither dense ranks nor data), another `order` or `scale` cannot be told.
 */
export class LeaderboardLayoutError extends RkError {
	override readonly name = "LeaderboardLayoutError";
	override readonly code = "RK_LEADERBOARD_LAYOUT";
	/** The board's key. */
	readonly key: string;
	/** What these options ask for. */
	readonly expected: string;
	/** What the board is; `plain` is a sorted set and nothing else. */
	readonly found: string;

	constructor(key: string, expected: string, found: string, options?: ErrorOptions) {
		super(`The leaderboard ${JSON.stringify(key)} is "${found}", but the options say "${expected}"`, options);
		this.key = key;
		this.expected = expected;
		this.found = found;
	}
}

/**
 * An increment would have made a score that is not exact (beyond 2^53 − 1, or 2^51 units of a `scale`) or not a number. That score is as
 * it was.
 */
export class LeaderboardScoreError extends RkError {
	override readonly name = "LeaderboardScoreError";
	override readonly code = "RK_LEADERBOARD_SCORE";
	/** The board's key. */
	readonly key: string;
	/** What the score would have become, as stored. */
	readonly score: string;

	constructor(key: string, score: string, options?: ErrorOptions) {
		super(`A score of the leaderboard ${JSON.stringify(key)} would have become ${score}`, options);
		this.key = key;
		this.score = score;
	}
}
