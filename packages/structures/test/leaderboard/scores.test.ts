import { raw } from "@rk/client";
import fc from "fast-check";
import { describe, expect, inject, test } from "vitest";
import { createLeaderboard, type LeaderboardOptions } from "../../src/leaderboard/index.ts";
import { Scores } from "../../src/leaderboard/scores.ts";
import { adapters, freshName, open } from "../redis.ts";

const shapes: Array<Partial<LeaderboardOptions>> = [
	{},
	{ ties: "first", order: "asc" },
	{ ranking: "dense" },
	{ ties: "last", ranking: "dense", memberData: true },
];

const exact = fc
	.double({ noNaN: true, min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })
	.map((score) => score + 0); // −0 is 0

describe.each(adapters)("scores over $name", (adapter) => {
	// Broken on purpose, each red: scores through Lua's %.14g; a Lua number in the reply, which Redis cuts to a whole one.
	test.each(shapes)("come back as the number that was written, whichever way: %o", async (shape) => {
		const redis = await open(adapter, inject("redisUrl"));
		const board = createLeaderboard(redis, { ...shape, name: freshName() });
		await fc.assert(
			fc.asyncProperty(exact, exact, async (score, then) => {
				expect(await board.add("m", score)).toMatchObject({ score });
				expect(await board.score("m")).toBe(score);
				expect(await board.add("m", then, { mode: "best" })).toMatchObject({ previous: score });
				await board.addMany([["m", then]]);
				expect((await board.top(1))[0]?.score).toBe(then);
				expect(await board.get("m")).toMatchObject({ score: then, rank: 1 });
				expect(await board.countInRange(then, then)).toBe(1);
				expect(await board.scoreAtPercentile(50)).toBe(then);
			}),
			{ numRuns: 10 },
		);
	});

	test("of 3.7 and 0.1 + 0.2 are those, also as the best of two and as a sum", async () => {
		const board = createLeaderboard(await open(adapter, inject("redisUrl")), { name: freshName() });
		expect(await board.add("a", 3.7, { mode: "best" })).toMatchObject({ score: 3.7, previous: null });
		expect(await board.add("a", 3.6, { mode: "best" })).toMatchObject({ score: 3.7, changed: false });
		await board.add("b", 0.1);
		expect(await board.incr("b", 0.2)).toMatchObject({ score: 0.1 + 0.2, previous: 0.1 });
	});

	// Broken on purpose, each red: all that is not finite taken for an infinity; 2^53 as the limit.
	test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53, -(2 ** 53), 1e300])(
		"of %d are refused, and nothing is written",
		async (score) => {
			const board = createLeaderboard(await open(adapter, inject("redisUrl")), { name: freshName() });
			const refused = { code: "RK_INVALID_ARGUMENT", value: score };
			await expect(board.add("m", score)).rejects.toMatchObject(refused);
			await expect(board.incr("m", score)).rejects.toMatchObject(refused);
			await expect(
				board.addMany([
					["n", 1],
					["m", score],
				]),
			).rejects.toMatchObject(refused);
			expect(await board.size()).toBe(0);
			if (Math.abs(score) === Number.POSITIVE_INFINITY) return;
			const unlimited = new Scores(undefined, true);
			expect(() => unlimited.text("score", score)).toThrow(expect.objectContaining(refused));
			expect(() => unlimited.bound("min", { exclusive: score })).toThrow(expect.objectContaining(refused));
		},
	);

	// Broken on purpose: `+ 0` left out where a score is read.
	test("of −0 are 0, written here or by another program", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		for (const shape of shapes) {
			const board = createLeaderboard(redis, { ...shape, name: freshName() });
			expect((await board.add("m", -0)).score).toBe(0);
			await board.add("n", 0);
			expect(await board.score("m")).toBe(0);
			expect((await board.get("m"))?.rank === (await board.get("n"))?.rank).toBe(shape.ranking === "dense");
		}
		const plain = createLeaderboard(redis, { name: freshName() });
		// A small set keeps whole numbers as integers, which have no −0.
		await redis.command(raw(["ZADD", plain.key, "1", "long".repeat(20), "-0", "m"]));
		expect(await plain.score("m")).toBe(0);
		expect(await plain.incr("m", 0)).toMatchObject({ score: 0, changed: false });
	});

	test("without bounds are allowed where the options say so", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		for (const shape of shapes) {
			const board = createLeaderboard(redis, { ...shape, name: freshName(), infinity: true });
			await board.addMany([
				["low", Number.NEGATIVE_INFINITY],
				["high", Number.POSITIVE_INFINITY],
			]);
			await board.add("one", 1);
			const scores = (await board.top(3)).map(({ score }) => score);
			const down = [Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY];
			expect(scores).toEqual(shape.order === "asc" ? down.reverse() : down);
			expect(await board.incr("one", Number.POSITIVE_INFINITY)).toMatchObject({
				score: Number.POSITIVE_INFINITY,
			});
			const none = { code: "RK_LEADERBOARD_SCORE", key: board.key };
			await expect(board.incr("low", Number.POSITIVE_INFINITY)).rejects.toMatchObject(none);
			expect(await board.score("low")).toBe(Number.NEGATIVE_INFINITY);
		}
	});

	// Broken on purpose: `most` made 2^53.
	test("that a sum would take to where whole numbers are not exact stay as they are", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		for (const shape of shapes) {
			const board = createLeaderboard(redis, { ...shape, name: freshName() });
			await board.add("m", Number.MAX_SAFE_INTEGER - 1);
			expect(await board.incr("m")).toMatchObject({ score: Number.MAX_SAFE_INTEGER });
			const tooHigh = { code: "RK_LEADERBOARD_SCORE", score: "9007199254740992" };
			await expect(board.incr("m")).rejects.toMatchObject(tooHigh);
			await expect(
				board.addMany(
					[
						["n", 1],
						["m", 1],
					],
					{ mode: "incr" },
				),
			).rejects.toMatchObject(tooHigh);
			expect(await board.score("m")).toBe(Number.MAX_SAFE_INTEGER);
			expect(await board.score("n")).toBe(1);
		}
	});

	// Broken on purpose, each red, in write.lua and in plain-add.lua: sums looked at only where they differ from what was there, when
	// 2^53 + 1 is 2^53, and what was to be added is lost unseen.
	test("that are not exact, of another program, are added to only where that is noticed", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		for (const shape of [{}, { maxSize: 5 }, { ranking: "modified" }] as const) {
			const board = createLeaderboard(redis, { ...shape, name: freshName() });
			await redis.command(raw(["ZADD", board.key, "9007199254740992", "m", "1e300", "n"]));
			const inexact = { code: "RK_LEADERBOARD_SCORE" };
			await expect(board.incr("m")).rejects.toMatchObject(inexact);
			await expect(board.incr("n", -5)).rejects.toMatchObject(inexact);
			await expect(board.addMany([["n", 5]], { mode: "incr" })).rejects.toMatchObject(inexact);
			expect(await board.incr("m", -1)).toMatchObject({ score: Number.MAX_SAFE_INTEGER, changed: true });
			expect(await board.add("n", 5)).toMatchObject({ score: 5, previous: 1e300 });
		}
	});

	// Broken on purpose, each red: where a sum is made, 2^53 − 1 as the limit whatever the scale; in write.lua, and in plain-add.lua.
	test("with a scale, sums stay where quotients are exact", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		for (const shape of [...shapes, { maxSize: 5 }]) {
			const board = createLeaderboard(redis, { ...shape, name: freshName(), scale: 100 });
			const most = 2 ** 51 / 100;
			await board.add("m", most - 0.01);
			expect(await board.incr("m", 0.01)).toMatchObject({ score: most });
			const tooHigh = { code: "RK_LEADERBOARD_SCORE", score: String(2 ** 51 + 1) };
			await expect(board.incr("m", 0.01)).rejects.toMatchObject(tooHigh);
			await expect(board.addMany([["m", 0.01]], { mode: "incr" })).rejects.toMatchObject(tooHigh);
			expect(await board.score("m")).toBe(most);
			await board.incr("n", -most);
			await expect(board.incr("n", -0.01)).rejects.toMatchObject({ score: String(-(2 ** 51) - 1) });
		}
	});

	// Broken on purpose: the error given before what belongs to every write.
	test("that are written before such a one have their time to live and their limit", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		for (const shape of shapes) {
			const options = { ...shape, name: freshName(), ttlMs: 100_000, maxSize: 2 };
			const board = createLeaderboard(redis, options);
			const entries = [1, 2, 3, Number.MAX_SAFE_INTEGER].map((n) => [`m${n}`, n] as const);
			const last = `m${Number.MAX_SAFE_INTEGER}`;
			const late = board.addMany([...entries, [last, 1], ["behind", 5]], { mode: "incr" });
			await expect(late).rejects.toMatchObject({ code: "RK_LEADERBOARD_SCORE" });
			expect(await board.size()).toBe(2);
			expect(await board.score("behind")).toBeNull();
			expect(Number(await redis.command(raw(["PTTL", board.key])))).toBeGreaterThan(0);
		}
	});

	test("with a scale add up exactly, and others than its multiples are refused", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		for (const shape of shapes) {
			const board = createLeaderboard(redis, { ...shape, name: freshName(), scale: 100 });
			for (let i = 0; i < 10; i++) await board.incr("m", 0.1);
			expect(await board.score("m")).toBe(1);
			expect(await board.add("m", 1234.56)).toMatchObject({ score: 1234.56, previous: 1 });
			expect(await board.rangeByScore(1234.56, 1234.57)).toHaveLength(1);
			await expect(board.add("m", 0.001)).rejects.toMatchObject({ argument: "score", value: 0.001 });
		}
		const plain = createLeaderboard(redis, { name: freshName(), scale: 100 });
		await plain.add("m", 0.07);
		expect(await redis.command(raw(["ZSCORE", plain.key, "m"]))).toBe("7");
		const units = fc.integer({ min: -(2 ** 51), max: 2 ** 51 });
		const scales = fc.integer({ min: 1, max: 1_000_000_000 });
		fc.assert(
			fc.property(units, scales, (kept, scale) => {
				const scores = new Scores(scale, false);
				expect(scores.text("score", kept / scale)).toBe(String(kept));
				expect(scores.read(String(kept))).toBe(kept / scale + 0);
			}),
		);
	});
});
