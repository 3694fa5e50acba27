import { checkKnown, InvalidArgumentError } from "@rk/client";

/** A day: `2026-11-26`, or an instant, which is in one day or the other by the time zone. */
export type Day = string | Date;

/** Days from the first to the last, both included. */
export interface DayRange {
	readonly from: Day;
	readonly to: Day;
}

const DAY_MS = 86_400_000;
/** Ten years. */
const MOST_DAYS = 3_660;

/** Days of a time zone. */
export interface Calendar {
	/** @throws {InvalidArgumentError} no day */
	dayOf(argument: string, day: Day): string;
	/** @throws {InvalidArgumentError} it ends before it begins, or is longer than ten years */
	daysOf(range: DayRange): string[];
}

/** @throws {InvalidArgumentError} there is no such time zone */
export function calendarOf(timeZone: string): Calendar {
	const format = formatIn(timeZone);
	let [minute, today] = [Number.NaN, ""];

	const dayAt = (ms: number): string => {
		// Time zones are whole minutes from UTC: the day changes with one.
		const asked = Math.floor(ms / 60_000);
		if (asked !== minute) [minute, today] = [asked, iso(format, ms)];
		return today;
	};
	const dayOf = (argument: string, day: Day): string => {
		if (day instanceof Date && !Number.isNaN(day.getTime())) {
			const at = dayAt(day.getTime());
			if (at.length === "2026-11-26".length) return at; // no year of five digits
		}
		if (typeof day === "string" && isDay(day)) return day;
		throw new InvalidArgumentError(argument, day, "a day such as 2026-11-26, or a valid Date");
	};
	const daysOf = (range: DayRange): string[] => {
		checkKnown("range", range, ["from", "to"]);
		const { from, to } = range;
		const [first, last] = [startOf(dayOf("from", from)), startOf(dayOf("to", to))];
		const count = (last - first) / DAY_MS + 1;
		if (count < 1 || count > MOST_DAYS)
			throw new InvalidArgumentError("to", to, `a day from \`from\` to ${MOST_DAYS - 1} days later`);
		return Array.from({ length: count }, (_, i) => utcDay(first + i * DAY_MS));
	};
	return { dayOf, daysOf };
}

/**
 * The Unix time in ms at which the day is over everywhere on earth, and `days` more have passed: a time that all processes agree
 * on, 26 hours later than the time zone's own at most.
 */
export function keptUntil(day: string, days: number): number {
	return startOf(day) + (days + 1.5) * DAY_MS;
}

function formatIn(timeZone: string): Intl.DateTimeFormat {
	try {
		return new Intl.DateTimeFormat("en", {
			timeZone,
			calendar: "iso8601",
			numberingSystem: "latn",
			year: "numeric",
			month: "2-digit",
			day: "2-digit",
		});
	} catch (cause) {
		if (cause instanceof RangeError || cause instanceof TypeError)
			throw new InvalidArgumentError("timeZone", timeZone, "a time zone such as UTC or Europe/Vienna");
		throw cause;
	}
}

function iso(format: Intl.DateTimeFormat, ms: number): string {
	const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
	return `${parts.get("year")?.padStart(4, "0")}-${parts.get("month")}-${parts.get("day")}`;
}

function isDay(text: string): boolean {
	return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(startOf(text)) && utcDay(startOf(text)) === text;
}

function startOf(day: string): number {
	return Date.parse(`${day}T00:00:00Z`);
}

function utcDay(ms: number): string {
	return new Date(ms).toISOString().slice(0, 10);
}
