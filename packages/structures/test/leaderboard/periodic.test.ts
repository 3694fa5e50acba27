import { raw } from "@rk/client";
import { describe, expect, inject, test } from "vitest";
import { createPeriodicLeaderboard, type Period } from "../../src/leaderboard/index.ts";
import { lastDayOf, periodOf } from "../../src/leaderboard/period.ts";
import { adapters, freshName, open } from "../redis.ts";

const at = (iso: string): number => Date.parse(iso);

describe.each(adapters)("periodic boards over $name", (adapter) => {
	test.each([
		["day", "2026-11-26", "2026-11-27"],
		["week", "2026-W48", "2026-W49"],
		["month", "2026-11", "2026-12"],
		["year", "2026", "2027"],
	] as const)(
		"a new one begins with the next %s, and the last one stays a while",
		async (period, now, next) => {
			const redis = await open(adapter, inject("redisUrl"));
			const starts = { day: "2026-11-27", week: "2026-11-30", month: "2026-12-01", year: "2027-01-01" };
			let clock = at(`${starts[period]}T00:00:00Z`) - 1;
			const name = freshName();
			const boards = createPeriodicLeaderboard(redis, { name, period, clock: () => clock });
			expect(boards.current()).toBe(boards.current());
			if (period !== "week") expect(boards.at("2026-11-26").key).toBe(`leaderboard:${name}:${now}`);
			const before = boards.current();
			clock += 1;
			expect(boards.current().key).toBe(`leaderboard:${name}:${next}`);
			expect(boards.at(new Date(clock - 1)).key).toBe(before.key);
		},
	);

	// Broken on purpose: the expiry of the current period alone, whatever `keep`; a ttl from the last write on.
	test("expire when their period and those to keep are over everywhere", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const year = new Date().getUTCFullYear() + 1; // not over for the server
		const clock = () => at(`${year}-06-10T12:00:00Z`);
		const cases: Array<[Period, number, string]> = [
			["day", 0, `${year}-06-10`],
			["day", 3, `${year}-06-13`],
			["month", 1, `${year}-07-31`],
			["year", 0, `${year}-12-31`],
		];
		for (const [period, keep, last] of cases)
			for (const ties of ["lex", "first"] as const) {
				const boards = createPeriodicLeaderboard(redis, { name: freshName(), period, keep, ties, clock });
				const board = boards.current();
				await board.add("a", 1);
				await board.addMany([["b", 1]]);
				const expires = Number(await redis.command(raw(["PEXPIRETIME", board.key])));
				const over = at(`${last}T00:00:00Z`) + 86_400_000;
				expect(expires).toBeGreaterThanOrEqual(over + 12 * 3_600_000); // UTC−12 is the last
				expect(expires).toBeLessThanOrEqual(over + 26 * 3_600_000);
			}
	});

	test("what is written to a period that is long over is gone at once", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const board = createPeriodicLeaderboard(redis, { name: freshName(), period: "day" }).at("2020-01-01");
		expect(await board.add("a", 1)).toMatchObject({ rank: 1 });
		expect(await board.size()).toBe(0);
	});
});

test("weeks are those of ISO 8601, and begin on Monday", () => {
	const weeks = {
		"2026-01-01": "2026-W01",
		"2026-01-04": "2026-W01",
		"2026-01-05": "2026-W02",
		"2024-12-30": "2025-W01",
		"2021-01-03": "2020-W53",
		"2027-01-03": "2026-W53",
	};
	for (const [day, week] of Object.entries(weeks)) expect(periodOf("week", day)).toBe(week);
	expect(lastDayOf("week", "2026-11-26", 0)).toBe("2026-11-29");
	expect(lastDayOf("week", "2026-11-29", 1)).toBe("2026-12-06");
	expect(lastDayOf("month", "2027-12-31", 2)).toBe("2028-02-29");
	expect(lastDayOf("year", "2026-01-01", 1)).toBe("2027-12-31");
});

test("a period begins at midnight of the time zone, summer time or not", async () => {
	const [adapter = expect.fail()] = adapters;
	const redis = await open(adapter, inject("redisUrl"));
	const options = { name: "x", period: "day" } as const;
	const vienna = createPeriodicLeaderboard(redis, { ...options, timeZone: "Europe/Vienna" });
	const key = (iso: string) => vienna.at(new Date(iso)).key.slice("leaderboard:x:".length);
	expect(key("2026-07-01T21:59:59Z")).toBe("2026-07-01");
	expect(key("2026-07-01T22:00:00Z")).toBe("2026-07-02");
	expect(key("2026-12-01T22:59:59Z")).toBe("2026-12-01");
	expect(key("2026-12-01T23:00:00Z")).toBe("2026-12-02");
	expect(() => createPeriodicLeaderboard(redis, { ...options, timeZone: "Mars/Olympus" })).toThrow(
		/timeZone/,
	);
	expect(() => createPeriodicLeaderboard(redis, { ...options, keep: -1 })).toThrow(/keep/);
	expect(() => createPeriodicLeaderboard(redis, { ...options, clock: () => Number.NaN })).toThrow(/clock/);
	const bad = { ...options, ttlMs: 5, period: "day" } as const;
	expect(() => createPeriodicLeaderboard(redis, bad)).toThrow(/ttlMs/);
	// Broken on purpose: taken apart before they are looked at.
	for (const none of [undefined, null, 5])
		expect(() => Reflect.apply(createPeriodicLeaderboard, null, [redis, none])).toThrow(
			expect.objectContaining({ code: "RK_INVALID_ARGUMENT", argument: "options" }),
		);
	const hour: Period = JSON.parse('"hour"');
	expect(() => createPeriodicLeaderboard(redis, { ...options, period: hour })).toThrow(/period/);
	expect(() => vienna.at("26.11.2026")).toThrow(/day/);
});
