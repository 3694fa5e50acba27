import { checkInteger, checkKnown, InvalidArgumentError, type RedisPort } from "@rk/client";
import { type Calendar, calendarOf, type Day, keptUntil } from "../days.ts";
import { Board } from "./create-leaderboard.ts";
import type { Leaderboard } from "./leaderboard.ts";
import {
	checkOneOf,
	type LeaderboardOptions,
	OPTIONS,
	type ResolvedOptions,
	resolveOptions,
} from "./options.ts";
import { lastDayOf, PERIODS, type Period, periodOf } from "./period.ts";

export interface PeriodicLeaderboardOptions extends Omit<LeaderboardOptions, "ttlMs"> {
	/** How long each board is the current one. */
	readonly period: Period;
	/** Where the days begin and end. @default "UTC" */
	readonly timeZone?: string;
	/** How many periods a board stays after its own, from 0 to 1 000: with 1, last week's is there all this week. @default 1 */
	readonly keep?: number;
	/** Unix time in milliseconds. @default Date.now */
	readonly clock?: () => number;
}

/** What the README's table quotes. */
export const PERIODIC_DEFAULTS: Readonly<{ timeZone: string; keep: number }> = Object.freeze({
	timeZone: "UTC",
	keep: 1,
});

/** A leaderboard for each day, week, month or year. */
export interface PeriodicLeaderboard {
	/** The board of the current period. Ask for it each time: the period may have changed. */
	current(): Leaderboard;

	/**
	 * The board of the period in which that day or instant is. What is written to one that is past `keep` is deleted at once.
	 *
	 * @throws {InvalidArgumentError} no day
	 */
	at(day: Day): Leaderboard;
}

/**
 * A leaderboard that begins anew each period: of `week` in week 48 its key is `leaderboard:<name>:2026-W48`. It expires when its period
 * and `keep` more are over everywhere on earth, so up to 26 hours later than by the time zone.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
export function createPeriodicLeaderboard(
	redis: RedisPort,
	options: PeriodicLeaderboardOptions,
): PeriodicLeaderboard {
	return new Boards(redis, options);
}

class Boards implements PeriodicLeaderboard {
	readonly #redis: RedisPort;
	readonly #period: Period;
	readonly #calendar: Calendar;
	readonly #keep: number;
	readonly #clock: () => number;
	readonly #options: ResolvedOptions;
	#current: { readonly day: string; readonly board: Leaderboard } | undefined;

	constructor(redis: RedisPort, options: PeriodicLeaderboardOptions) {
		checkKnown("", options, ["period", "timeZone", "keep", "clock", ...OPTIONS]);
		const { period, timeZone = PERIODIC_DEFAULTS.timeZone, keep = PERIODIC_DEFAULTS.keep, ...rest } = options;
		const { clock = Date.now, ...board } = rest;
		checkOneOf("period", period, PERIODS);
		checkInteger("keep", keep, 0, 1_000);
		if (typeof clock !== "function") throw new InvalidArgumentError("clock", clock, "a function");
		if ("ttlMs" in board)
			throw new InvalidArgumentError("ttlMs", board.ttlMs, "left out: a period has its end");
		this.#redis = redis;
		this.#period = period;
		this.#calendar = calendarOf(timeZone);
		this.#keep = keep;
		this.#clock = clock;
		this.#options = resolveOptions(board);
		this.current();
	}

	current(): Leaderboard {
		const day = this.#calendar.dayOf("clock", new Date(this.#clock()));
		if (this.#current?.day !== day) this.#current = { day, board: this.#board(day) };
		return this.#current.board;
	}

	at(day: Day): Leaderboard {
		return this.#board(this.#calendar.dayOf("day", day));
	}

	#board(day: string): Leaderboard {
		const name = `${this.#options.name}:${periodOf(this.#period, day)}`;
		const until = keptUntil(lastDayOf(this.#period, day, this.#keep), 0);
		return new Board(this.#redis, { ...this.#options, name }, until);
	}
}
