import { raw, text } from "@rk/client";
import { startServer } from "@rk/testing";
import { describe, expect, inject, test } from "vitest";
import { createLeaderboard, type LeaderboardEntry } from "../../src/leaderboard/index.ts";
import { adapters, collected, freshName, open } from "../redis.ts";

const members = (entries: readonly LeaderboardEntry[]): string =>
	entries.map(({ member }) => member).join("");

describe.each(adapters)("lists over $name", (adapter) => {
	test.each(["ordinal", "competition"] as const)(
		"are empty for counts of 0 or less, and end with the board: %s",
		async (ranking) => {
			const board = createLeaderboard(await open(adapter, inject("redisUrl")), {
				name: freshName(),
				ranking,
			});
			await board.addMany([..."abcdefghij"].map((member, i) => [member, 10 - i]));
			for (const count of [0, -1, -5]) {
				expect(await board.top(count)).toEqual([]);
				expect(await board.bottom(count)).toEqual([]);
			}
			expect(members(await board.top(3))).toBe("abc");
			expect(members(await board.top(99))).toBe("abcdefghij");
			expect((await board.bottom(3)).map(({ member, rank }) => [member, rank])).toEqual([
				...[
					["j", 10],
					["i", 9],
					["h", 8],
				],
			]);
			expect(members(await board.bottom(99))).toBe("jihgfedcba");
			expect(members(await board.page(1, 4))).toBe("abcd");
			expect((await board.page(3, 4)).map(({ rank }) => rank)).toEqual([9, 10]);
			expect(await board.page(4, 4)).toEqual([]);
			expect(members(await board.rangeByRank(2, 4))).toBe("bcd");
			expect(await board.rangeByRank(4, 3)).toEqual([]);
			expect(await board.rangeByRank(11, 12)).toEqual([]);
		},
	);

	// The lists of scripts come as JSON: what it escapes, and what Lua's writer has words of its own for.
	// Broken on purpose, red: members and data put between quotes as they are.
	test.each([{}, { ties: "first", memberData: true }] as const)(
		"name members and data exactly, whatever they are made of: %o",
		async (shape) => {
			const board = createLeaderboard(await open(adapter, inject("redisUrl")), {
				...shape,
				name: freshName(),
			});
			const texts = [
				'"',
				"\\",
				"\\u0041",
				"/",
				"\0",
				"\n\t\u001f",
				"\u007f",
				"é",
				"\u2028",
				"😀",
				"null",
				"false",
				"[]",
				"1e3",
			];
			await board.addMany(texts.map((text, i) => ("ties" in shape ? [text, i, text] : [text, i])));
			const options = "ties" in shape ? { withData: true } : {};
			const middle = texts[7] ?? "";
			for (const listed of [
				await board.around(middle, 99, options),
				await board.rangeByScore(0, 99, options),
				await board.top(99, options),
			]) {
				expect(listed.map(({ member }) => member).reverse()).toEqual(texts);
				if ("ties" in shape) expect(listed.map(({ data }) => data).reverse()).toEqual(texts);
			}
		},
	);

	// Broken on purpose: data in the JSON, too, whose largest text the server keeps, and counts in no limit of its memory.
	test("with large data leave nothing in the server's memory", async () => {
		await using server = await startServer({ owned: true });
		const redis = await open(adapter, server.url);
		const board = createLeaderboard(redis, { name: freshName(), memberData: true });
		const data = "d".repeat(50_000);
		await board.addMany(Array.from({ length: 400 }, (_, i) => [`m${i}`, i, data] as const));
		for (let i = 0; i < 3; i++) {
			const listed = await board.top(400, { withData: true });
			expect(listed.filter((entry) => entry.data === data)).toHaveLength(400);
		}
		const memory = await redis.command(raw(["INFO", "memory"], { decode: text }));
		expect(Number(/used_memory_lua:(\d+)/.exec(memory)?.[1])).toBeLessThan(data.length * 100);
	});

	// Broken on purpose: a range of no scores that lists 0 to −1, which is everything.
	test.each(["desc", "asc"] as const)(
		"by score begin at the better end, and skip what they are told: %s",
		async (order) => {
			for (const ties of ["lex", "first"] as const) {
				const redis = await open(adapter, inject("redisUrl"));
				const board = createLeaderboard(redis, { name: freshName(), order, ties });
				await board.addMany([..."abcdefghij"].map((member, i) => [member, i]));
				const inOrder = (text: string) => (order === "desc" ? [...text].reverse().join("") : text);
				expect(members(await board.rangeByScore(2, 5))).toBe(inOrder("cdef"));
				expect(members(await board.rangeByScore({ exclusive: 2 }, { exclusive: 5 }))).toBe(inOrder("de"));
				expect(members(await board.rangeByScore(Number.NEGATIVE_INFINITY, 2))).toBe(inOrder("abc"));
				expect(members(await board.rangeByScore(7, Number.POSITIVE_INFINITY))).toBe(inOrder("hij"));
				expect(members(await board.rangeByScore(2, 7, { offset: 2, limit: 3 }))).toBe(
					inOrder("cdefgh").slice(2, 5),
				);
				const [first] = await board.rangeByScore(2, 7, { offset: 1, limit: 1 });
				expect(first?.rank).toBe(await board.rank(first?.member ?? ""));
				for (const [min, max] of [
					[20, 30],
					[-30, -20],
					[5, 2],
					[2.1, 2.9],
				] as const)
					expect(await board.rangeByScore(min, max)).toEqual([]);
				expect(await board.rangeByScore(2, 5, { offset: 4 })).toEqual([]);
				expect(await board.rangeByScore(2, 5, { limit: 0 })).toEqual([]);
				expect(await board.countInRange({ exclusive: 2 }, 5)).toBe(3);
			}
		},
	);

	test("are no longer than maxEntries, whatever is asked for", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const board = createLeaderboard(redis, { name: freshName(), maxEntries: 4 });
		await board.addMany([..."abcdefghij"].map((member, i) => [member, i]));
		expect(await board.top(1e15)).toHaveLength(4);
		expect(members(await board.bottom(1e15))).toBe("abcd");
		expect(await board.rangeByRank(1, 1e15)).toHaveLength(4);
		expect(await board.rangeByScore(0, 9)).toHaveLength(4);
		await expect(board.page(1, 5)).rejects.toMatchObject({ argument: "size" });
		await expect(board.getMany([..."abcde"])).rejects.toMatchObject({ argument: "members" });
		expect(members(await collected(board.export({ batch: 4 })))).toBe("jihgfedcba");
		expect(members(await collected(board.export()))).toBe("jihgfedcba");
	});

	test("of a board that is not there are empty, and its members unknown", async () => {
		for (const shape of [{}, { ties: "first", ranking: "dense" }] as const) {
			const redis = await open(adapter, inject("redisUrl"));
			const board = createLeaderboard(redis, { ...shape, name: freshName() });
			expect(await board.top(3)).toEqual([]);
			expect(await board.around("a", 3)).toEqual([]);
			expect(await collected(board.export())).toEqual([]);
			expect(await board.rank("a")).toBeNull();
			expect(await board.score("a")).toBeNull();
			expect(await board.get("a")).toBeNull();
			expect(await board.getMany(["a", "b"])).toEqual([null, null]);
			expect(await board.getMany([])).toEqual([]);
			expect(await board.percentile("a")).toBeNull();
			expect(await board.scoreAtPercentile(50)).toBeNull();
			expect(await board.remove(["a"])).toBe(0);
			expect(await board.remove([])).toBe(0);
			expect(await board.trim(0)).toBe(0);
			expect(await board.size()).toBe(0);
			expect(await board.clear()).toBe(false);
		}
	});

	test("a score of 0 has a rank, as any other", async () => {
		const board = createLeaderboard(await open(adapter, inject("redisUrl")), { name: freshName() });
		await board.add("zero", 0);
		expect(await board.rank("zero")).toBe(1);
		expect(await board.get("zero")).toEqual({ member: "zero", score: 0, rank: 1 });
	});

	// Broken on purpose, each red: ties counted as better; the percentile rounded; the score at a percentile by the rounded product alone.
	test.each(["desc", "asc"] as const)("percentiles count who is not better, exactly: %s", async (order) => {
		const redis = await open(adapter, inject("redisUrl"));
		const board = createLeaderboard(redis, { name: freshName(), order, ranking: "dense" });
		const scores = [9, 7, 7, 5, 4, 2, 2, 2, 1, 0].map((score) => (order === "desc" ? score : -score) + 0);
		await board.addMany(scores.map((score, i) => [`m${i}`, score]));
		for (const [i, score] of scores.entries()) {
			const notBetter = scores.filter((other) => (order === "desc" ? other <= score : other >= score));
			expect(await board.percentile(`m${i}`)).toBe((100 * notBetter.length) / 10);
		}
		for (const percent of [0, 0.1, 10, 10.1, 40, 41, 99, 100]) {
			const found = await board.scoreAtPercentile(percent);
			const enough = [...scores].reverse().find((_, i) => ((i + 1) / 10) * 100 >= percent - 1e-9);
			expect(found).toBe(enough);
		}
		await board.remove(scores.map((_, i) => `m${i}`).slice(3));
		expect(await board.percentile("m1")).toBe((100 * 2) / 3);
		for (const size of [7, 11, 14]) {
			const others = createLeaderboard(redis, { name: freshName(), order });
			await others.addMany(Array.from({ length: size }, (_, i) => [`m${i}`, i]));
			for (let i = 0; i < size; i++)
				expect(await others.scoreAtPercentile((await others.percentile(`m${i}`)) ?? Number.NaN)).toBe(i);
		}
	});

	test("a trim takes off the last, however many", async () => {
		for (const shape of [
			{},
			{ ties: "first", order: "asc" },
			{ ranking: "dense", memberData: true },
		] as const) {
			const redis = await open(adapter, inject("redisUrl"));
			const board = createLeaderboard(redis, { ...shape, name: freshName() });
			await board.addMany(Array.from({ length: 2_500 }, (_, i) => [`m${i}`, Math.floor(i / 3)] as const));
			const best = await board.top(10);
			expect(await board.trim(10)).toBe(2_490);
			expect(await board.top(99)).toEqual(best);
			expect(await board.trim(10)).toBe(0);
			expect(await board.trim(0)).toBe(10);
			expect(await board.size()).toBe(0);
		}
	});
});
