import { startCluster, type TestCluster } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
	createLeaderboard,
	createPeriodicLeaderboard,
	type LeaderboardOptions,
} from "../../src/leaderboard/index.ts";
import { adapters, collected, freshName, openCluster } from "../redis.ts";
import { Oracle } from "./oracle.ts";

let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startCluster({ masters: 3 });
});
afterAll(() => cluster.stop());

const shapes: Array<Partial<LeaderboardOptions>> = [
	{},
	{ ranking: "competition", order: "asc" },
	{ ties: "first", ranking: "dense", memberData: true },
];

describe.each(adapters)("on a cluster over $name", (adapter) => {
	test.each(shapes)("boards in the slots of every master do all they do elsewhere: %o", async (shape) => {
		const redis = await openCluster(adapter, cluster);
		const masters = new Set<string | undefined>();
		for (let n = 0; masters.size < 3 || n < 4; n++) {
			const name = n === 3 ? `{${freshName()}}:week` : freshName();
			const board = createLeaderboard(redis, { ...shape, name });
			masters.add(redis.topology.masterOf(redis.topology.slotOf(board.key)));
			const oracle = new Oracle({ ...shape, name });
			for (let i = 0; i < 12; i++) {
				const expected = oracle.add(`m${i % 8}`, i % 5, "incr");
				expect(await board.incr(`m${i % 8}`, i % 5)).toEqual(expected);
			}
			await board.addMany([
				["x", 3],
				["y", 9],
			]);
			oracle.add("x", 3, "set");
			oracle.add("y", 9, "set");
			const all = oracle.entries();
			expect(await board.top(99)).toEqual(all);
			expect(await collected(board.export({ batch: 3 }))).toEqual(all);
			expect((await board.getMany(["x", "nobody"])).map((entry) => entry?.rank)).toEqual([
				oracle.rank("x"),
				undefined,
			]);
			expect((await board.around("x", 3)).map(({ member }) => member)).toContain("x");
			expect(await board.rangeByScore(3, 9)).toEqual(all.filter(({ score }) => score >= 3 && score <= 9));
			expect(await board.percentile("x")).toBeGreaterThan(0);
			expect(await board.scoreAtPercentile(0)).toBe(all.at(-1)?.score);
			expect(await board.rank("y")).toBe(oracle.rank("y"));
			expect(await board.score("y")).toBe(9);
			expect(await board.countInRange(9, 9)).toBe(1);
			expect(await board.remove("y")).toBe(1);
			expect(await board.trim(3)).toBe(oracle.entries().length - 1 - 3);
			expect(await board.size()).toBe(3);
			expect(await board.clear()).toBe(true);
		}
	});

	test("periods have slots of their own", async () => {
		const redis = await openCluster(adapter, cluster);
		const boards = createPeriodicLeaderboard(redis, {
			name: freshName(),
			period: "day",
			ties: "last",
			keep: 1_000,
		});
		const today = Date.now();
		const slots = new Set<number>();
		for (let day = 0; day < 5; day++) {
			const board = boards.at(new Date(today - day * 86_400_000));
			await board.add("a", day);
			expect(await board.score("a")).toBe(day);
			slots.add(redis.topology.slotOf(board.key));
		}
		expect(slots.size).toBeGreaterThan(1);
	});
});
