import { describe, expect, inject, test } from "vitest";
import { createLeaderboard, type LeaderboardOptions } from "../../src/leaderboard/index.ts";
import { adapters, freshName, open } from "../redis.ts";

const shapes: Array<Partial<LeaderboardOptions>> = [
	{},
	{ ties: "first" },
	{ ranking: "dense", memberData: true },
];

describe.each(adapters)("what is added over $name", (adapter) => {
	test.each(shapes)(
		"is answered with score and rank, those before, and whether it changed: %o",
		async (shape) => {
			const board = createLeaderboard(await open(adapter, inject("redisUrl")), {
				...shape,
				name: freshName(),
			});
			expect(await board.add("ann", 10)).toEqual({
				...{ score: 10, previous: null, rank: 1, previousRank: null, changed: true },
			});
			await board.add("bob", 20);
			expect(await board.incr("ann", 15)).toEqual({
				...{ score: 25, previous: 10, rank: 1, previousRank: 2, changed: true },
			});
			expect(await board.add("ann", 24, { mode: "best" })).toMatchObject({ score: 25, changed: false });
			expect(await board.add("ann", 24, { mode: "lowest" })).toMatchObject({ score: 24, changed: true });
			expect(await board.incr("cid")).toMatchObject({ score: 1, previous: null, rank: 3 });
		},
	);

	test("by a race's board is best when it is low", async () => {
		const board = createLeaderboard(await open(adapter, inject("redisUrl")), {
			...{ name: freshName(), order: "asc" },
		});
		await board.addMany([
			["ann", 61.5],
			["bob", 60.1],
		]);
		expect(await board.add("ann", 59.9, { mode: "best" })).toMatchObject({ rank: 1, previousRank: 2 });
		expect(await board.add("ann", 70, { mode: "best" })).toMatchObject({ score: 59.9, changed: false });
		await board.addMany(
			[
				["bob", 50],
				["ann", 80],
			],
			{ mode: "best" },
		);
		expect(await board.top(2)).toMatchObject([
			{ member: "bob", score: 50 },
			{ member: "ann", score: 59.9 },
		]);
	});

	// Broken on purpose, each red: a script that takes the first 100 members of its 500; the last 500 sent first.
	test.each(shapes)("in great number is all there, in its order, and counted: %o", async (shape) => {
		const board = createLeaderboard(await open(adapter, inject("redisUrl")), { ...shape, name: freshName() });
		const entries = Array.from({ length: 4_321 }, (_, i): [string, number] => [`m${i}`, i]);
		expect(await board.addMany(entries)).toEqual({ added: 4_321, updated: 0 });
		expect(await board.size()).toBe(4_321);
		const again = entries.map(([member, score]): [string, number] => [member, score < 10 ? -1 : score]);
		expect(await board.addMany([...again, ["new", 9_999]])).toEqual({ added: 1, updated: 10 });
		expect(await board.addMany([["new", 1], ...again, ["new", 9_999]])).toEqual({ added: 0, updated: 2 });
		expect(await board.score("new")).toBe(9_999);
		expect(await board.addMany(again, { mode: "incr" })).toEqual({ added: 0, updated: 4_321 });
		expect(await board.score("m4000")).toBe(8_000);
		expect(
			await board.addMany(
				new Map([
					["m0", 5],
					["m1", -5],
				]),
				{ mode: "best" },
			),
		).toMatchObject({ updated: 1 });
		expect(await board.addMany([])).toEqual({ added: 0, updated: 0 });
	});

	test("keeps its turn among equals as long as its score is the same", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const board = createLeaderboard(redis, { name: freshName(), ties: "first" });
		const order = async () => (await board.top(9)).map(({ member }) => member).join("");
		await board.addMany([
			["b", 5],
			["a", 5],
			["c", 5],
		]);
		expect(await order()).toBe("bac");
		await board.add("b", 5);
		await board.incr("b", 0);
		await board.add("b", 4, { mode: "best" });
		expect(await order()).toBe("bac");
		await board.add("b", 6);
		await board.add("b", 5);
		expect(await order()).toBe("acb");
	});

	test.each(["lex", "first"] as const)(
		"is on a board of limited size only among the best: ties %s",
		async (ties) => {
			for (const order of ["desc", "asc"] as const) {
				const redis = await open(adapter, inject("redisUrl"));
				const options = { name: freshName(), order, ties, maxSize: 3, memberData: true } as const;
				const board = createLeaderboard(redis, options);
				const sign = order === "desc" ? 1 : -1;
				await board.addMany([1, 2, 3, 4, 5].map((n) => [`m${n}`, n * sign, "data"] as const));
				expect((await board.top(9)).map(({ member }) => member)).toEqual(["m5", "m4", "m3"]);
				expect(await board.add("late", 0, { data: "gone" })).toMatchObject({ score: 0, rank: null });
				expect(await board.add("m9", 9 * sign)).toMatchObject({ rank: 1 });
				expect(await board.get("m3")).toBeNull();
				expect(await board.size()).toBe(3);
				await board.add("late", 99 * sign);
				expect(await board.get("late")).toMatchObject({ data: null });
				// A smaller board than before: a score that stays the same may be one too many all the same.
				const smaller = createLeaderboard(redis, { ...options, maxSize: 2 });
				expect(await smaller.add("m5", 5 * sign)).toMatchObject({ changed: false, rank: null });
			}
		},
	);

	test("takes its data with it, and leaves it when it goes", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const board = createLeaderboard(redis, { name: freshName(), memberData: true });
		await board.add("ann", 1, { data: '{"country":"AT"}' });
		await board.addMany([
			["bob", 2, "=x"],
			["cid", 3],
			["dan", 4, ""],
		]);
		expect((await board.top(9, { withData: true })).map(({ data }) => data)).toEqual([
			...["", null, "=x", '{"country":"AT"}'],
		]);
		expect(await board.top(1)).toEqual([{ member: "dan", score: 4, rank: 1 }]);
		expect(await board.around("bob", 1, { withData: true })).toMatchObject([{ data: "=x" }]);
		expect(await board.rangeByScore(1, 1, { withData: true })).toMatchObject([{ data: '{"country":"AT"}' }]);
		await board.incr("ann", 1);
		expect(await board.get("ann")).toMatchObject({ data: '{"country":"AT"}' });
		await board.add("ann", 2, { data: null });
		expect(await board.get("ann")).toMatchObject({ data: null });
		expect(await board.add("bob", 1, { mode: "best", data: "new" })).toMatchObject({
			score: 2,
			changed: false,
		});
		expect(await board.get("bob")).toMatchObject({ data: "new" });
		await board.remove(["bob", "nobody"]);
		await board.add("bob", 2);
		expect(await board.get("bob")).toMatchObject({ data: null });
	});
});
