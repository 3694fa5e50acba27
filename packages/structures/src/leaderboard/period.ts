/** How long one board of a periodic leaderboard is the current one. A week begins on Monday, as ISO 8601 has it. */
export type Period = "day" | "week" | "month" | "year";

export const PERIODS: readonly Period[] = ["day", "week", "month", "year"];

const DAY_MS = 86_400_000;

/** The period's name, in which a day (`2026-11-26`) is: itself, `2026-W48`, `2026-11` or `2026`. */
export function periodOf(period: Period, day: string): string {
	switch (period) {
		case "day":
			return day;
		case "month":
			return day.slice(0, -3);
		case "year":
			return day.slice(0, -6);
		case "week": {
			const thursday = monday(day) + 3 * DAY_MS; // a week is of the year that its Thursday is in
			const year = new Date(thursday).getUTCFullYear();
			const week = Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * DAY_MS)) + 1;
			return `${year}-W${String(week).padStart(2, "0")}`;
		}
	}
}

/** The last day of the period that is `later` periods after the one of `day`. */
export function lastDayOf(period: Period, day: string, later: number): string {
	const date = new Date(day);
	const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
	switch (period) {
		case "day":
			return iso(date.getTime() + later * DAY_MS);
		case "week":
			return iso(monday(day) + (7 * later + 6) * DAY_MS);
		case "month":
			return iso(Date.UTC(year, month + later + 1, 0));
		case "year":
			return iso(Date.UTC(year + later, 11, 31));
	}
}

function monday(day: string): number {
	const date = new Date(day);
	return date.getTime() - ((date.getUTCDay() + 6) % 7) * DAY_MS;
}

function iso(ms: number): string {
	return new Date(ms).toISOString().slice(0, 10);
}
