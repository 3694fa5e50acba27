import { describe, expect, inject, test } from "vitest";
import { createLeaderboard, type LeaderboardOptions } from "../../src/leaderboard/index.ts";
import { adapters, freshName, open } from "../redis.ts";

/** What the options promise, by counting in a list. */
function window(members: readonly string[], member: string, count: number, fill: boolean): string[] {
	const at = members.indexOf(member);
	if (at < 0) return [];
	let from = at - Math.floor((count - 1) / 2);
	if (fill) from = Math.max(0, Math.min(from, members.length - count));
	return members.slice(Math.max(0, from), Math.max(0, from + count));
}

const shapes: Array<Partial<LeaderboardOptions>> = [
	{},
	{ order: "asc" },
	{ ties: "first", ranking: "dense" },
	{ ties: "last", order: "asc", ranking: "modified" },
];

describe.each(adapters)("around a member, over $name", (adapter) => {
	// Broken on purpose, each red: no refill at the end of the board; half rounded up; `from` not kept from going below 0.
	test.each(shapes)(
		"are as many as were asked for, or all, and itself: every place, count and size, %o",
		async (shape) => {
			const redis = await open(adapter, inject("redisUrl"));
			const board = createLeaderboard(redis, { ...shape, name: freshName() });
			for (let size = 0; size <= 6; size++) {
				if (size > 0) await board.add(`m${size}`, size % 4); // some tie
				const all = await board.top(100);
				const members = all.map(({ member }) => member);
				const cases = [true, false].flatMap((fill) =>
					members.flatMap((member) =>
						Array.from({ length: size + 2 }, (_, i) => ({ member, count: i + 1, fill })),
					),
				);
				await Promise.all(
					cases.map(async ({ member, count, fill }) => {
						const got = await board.around(member, count, { fill });
						expect(got.map((entry) => entry.member)).toEqual(window(members, member, count, fill));
						expect(got).toEqual(all.filter((entry) => got.some((one) => one.member === entry.member)));
						if (fill) expect(got).toHaveLength(Math.min(count, size));
						expect(got.map((entry) => entry.member)).toContain(member);
					}),
				);
				expect(await board.around("nobody", 3)).toEqual([]);
			}
		},
	);

	test("are no more than maxEntries", async () => {
		const redis = await open(adapter, inject("redisUrl"));
		const board = createLeaderboard(redis, { name: freshName(), maxEntries: 3 });
		await board.addMany(Array.from({ length: 9 }, (_, i) => [`m${i}`, i]));
		expect((await board.around("m4", 1_000_000)).map(({ member }) => member)).toEqual(["m5", "m4", "m3"]);
	});

	// Broken on purpose, red within 300 times: the rank asked for in one call and the range in the next.
	test("are about it while others overtake it all the time", async () => {
		const [mine, theirs] = [await open(adapter, inject("redisUrl")), await open(adapter, inject("redisUrl"))];
		const options = { name: freshName() };
		const [board, other] = [createLeaderboard(mine, options), createLeaderboard(theirs, options)];
		await board.addMany(Array.from({ length: 100 }, (_, i) => [`m${i}`, i]));
		let over = false;
		const overtaking = (async () => {
			for (let i = 0; !over; i++) await other.incr(`m${i % 40}`, 1_000);
		})();
		for (let i = 0; i < 300; i++)
			expect((await board.around("m50", 3)).map(({ member }) => member)).toContain("m50");
		over = true;
		await overtaking;
	});
});
