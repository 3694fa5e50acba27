import {
	checkInteger,
	checkKnown,
	checkPort,
	InvalidArgumentError,
	pfcount,
	type RedisPort,
} from "@rk/client";
import { calendarOf, type Day, type DayRange, keptUntil } from "../days.ts";
import { checkText } from "../text.ts";
import { addElements, checkElements, type End, type HyperLogLogElement } from "./add-elements.ts";
import { countUnion } from "./count-union.ts";
import { explained } from "./errors.ts";

export interface UniqueVisitorsOptions {
	/**
	 * How many days a day's key is kept after the day is over, and up to 26 hours more; `null`: for ever. Required, since nobody but
	 * you can know it. It counts when the key is made, and for keys without a time to live.
	 */
	readonly retentionDays: number | null;
	/** What the keys in Redis begin with: `uv:2026-11-26`. With a hash tag, as `{uv}`, all days are in one slot. @default "uv" */
	readonly prefix?: string;
	/** Whose days they are: an IANA name, or `UTC`. All processes must agree. @default "UTC" */
	readonly timeZone?: string;
	/** Unix time in milliseconds, for what is recorded without a time. @default Date.now */
	readonly clock?: () => number;
}

/** What {@link UniqueVisitors.record} takes beside the visitors. */
export interface VisitOptions {
	/** When they came, or on what day. @default now */
	readonly at?: Day;
}

export interface DayCount {
	/** `2026-11-26` */
	readonly date: string;
	readonly count: number;
}

/** How many different visitors came, by day and over any days; the standard error is 0.81 %. */
export interface UniqueVisitors {
	/**
	 * Counts a visitor, or several, on a day. `true`: the day's estimate may have changed. Can be repeated.
	 *
	 * @throws {InvalidArgumentError} an id is missing or empty, as that of who is not logged in; or the day is no longer kept
	 */
	record(
		visitors: HyperLogLogElement | readonly HyperLogLogElement[],
		options?: VisitOptions,
	): Promise<boolean>;

	/**
	 * About how many different visitors came on any of these days: `count("2026-11-26")`, `count(monday, tuesday)`,
	 * `count({ from, to })`. Who came on several days counts once. It is what PFCOUNT says, on a cluster too; see
	 * {@link HyperLogLog.count}.
	 */
	count(...days: readonly [DayRange] | readonly [Day, ...Day[]]): Promise<number>;

	/** Each day's own count, in one round trip; 0 for a day without a key. */
	series(range: DayRange): Promise<DayCount[]>;
}

/** What the README's table quotes. */
export const UNIQUE_VISITORS_DEFAULTS: Readonly<{ prefix: string; timeZone: string }> = Object.freeze({
	prefix: "uv",
	timeZone: "UTC",
});

/**
 * Unique visitors by day, at the keys of the recipe book: `uv:<date>`.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
export function createUniqueVisitors(redis: RedisPort, options: UniqueVisitorsOptions): UniqueVisitors {
	checkPort("redis", redis);
	checkKnown("", options, ["retentionDays", "prefix", "timeZone", "clock"]);
	const { retentionDays, clock = Date.now } = options;
	const { prefix = UNIQUE_VISITORS_DEFAULTS.prefix } = options;
	const { timeZone = UNIQUE_VISITORS_DEFAULTS.timeZone } = options;
	if (retentionDays !== null) checkInteger("retentionDays", retentionDays, 0, 36_600);
	checkText("prefix", prefix);
	if (typeof clock !== "function") throw new InvalidArgumentError("clock", clock, "a function");
	const calendar = calendarOf(timeZone);
	const keyOf = (day: string): string => `${prefix}:${day}`;

	const endOf = (day: string, at: unknown, now: number): End => {
		if (retentionDays === null) return undefined;
		const end = keptUntil(day, retentionDays);
		if (end > now) return ["PEXPIREAT", end];
		throw new InvalidArgumentError("at", at, `a day that is kept, not more than ${retentionDays} days ago`);
	};
	const isRange = (days: readonly [DayRange] | readonly Day[]): days is readonly [DayRange] => {
		const [first] = days;
		return typeof first === "object" && first !== null && !(first instanceof Date);
	};

	return Object.freeze({
		record: async (
			visitors: HyperLogLogElement | readonly HyperLogLogElement[],
			given: VisitOptions = {},
		) => {
			checkKnown("", given, ["at"]);
			const elements = typeof visitors === "string" || Buffer.isBuffer(visitors) ? [visitors] : visitors;
			if (!Array.isArray(elements))
				throw new InvalidArgumentError("visitors", visitors, "text, a Buffer, or an array of them");
			checkElements("visitors", elements);
			const now = clock();
			const { at = new Date(now) } = given;
			const day = calendar.dayOf("at", at);
			return addElements(redis, keyOf(day), elements, endOf(day, at, now));
		},
		count: async (...days: readonly [DayRange] | readonly [Day, ...Day[]]) => {
			if (days.length === 0) throw new InvalidArgumentError("days", days, "one day or more, or a range");
			// A range ends the list: days behind it would go uncounted, unseen.
			if (isRange(days) && days.length > 1)
				throw new InvalidArgumentError("days", days, "one range, or one day or more");
			const all = isRange(days)
				? calendar.daysOf(days[0])
				: days.map((day, i) => calendar.dayOf(`days[${i}]`, day));
			return countUnion(redis, all.map(keyOf));
		},
		series: async (range: DayRange) => seriesOf(redis, calendar.daysOf(range), keyOf),
	});
}

async function seriesOf(
	redis: RedisPort,
	days: readonly string[],
	keyOf: (day: string) => string,
): Promise<DayCount[]> {
	const counts = await redis.batch(days.map((day) => pfcount(keyOf(day))));
	return days.map((date, i) => {
		const count = counts[i];
		if (typeof count === "number") return { date, count };
		throw explained(count, [keyOf(date)]);
	});
}
