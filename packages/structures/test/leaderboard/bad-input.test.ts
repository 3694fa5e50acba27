import { expect, inject, test } from "vitest";
import { createLeaderboard, type Leaderboard, type LeaderboardOptions } from "../../src/leaderboard/index.ts";
import { adapters, collected, freshName, open } from "../redis.ts";

const [adapter = expect.fail()] = adapters;

/** What no type checker saw. */
function untyped<T>(value: unknown): T {
	return JSON.parse(JSON.stringify(value));
}

test("options that are not acceptable are refused when the board is made", async () => {
	const redis = await open(adapter, inject("redisUrl"));
	const bad: Array<[string, object]> = [
		["name", {}],
		["name", { name: "" }],
		["name", { name: 5 }],
		["name", { name: "a}b" }],
		["name", { name: "{}" }],
		["name", { name: "{a}{b}" }],
		["order", { name: "a", order: "up" }],
		["ties", { name: "a", ties: "random" }],
		["ranking", { name: "a", ranking: "best" }],
		["memberData", { name: "a", memberData: 1 }],
		["ttlMs", { name: "a", ttlMs: 0 }],
		["ttlMs", { name: "a", ttlMs: 1.5 }],
		["maxSize", { name: "a", maxSize: 0 }],
		["scale", { name: "a", scale: 0.5 }],
		["infinity", { name: "a", infinity: "yes" }],
		["maxEntries", { name: "a", maxEntries: 5_001 }],
		["ttl", { name: "a", ttl: 5 }],
	];
	for (const [argument, options] of bad)
		expect(() => createLeaderboard(redis, untyped<LeaderboardOptions>(options)), argument).toThrow(
			expect.objectContaining({ code: "RK_INVALID_ARGUMENT", argument }),
		);
	expect(() => createLeaderboard(untyped({}), { name: "a" })).toThrow(
		expect.objectContaining({ argument: "redis" }),
	);
});

test("arguments that are not acceptable are refused, and nothing is sent", async () => {
	const redis = await open(adapter, inject("redisUrl"));
	let sent = 0;
	const count =
		<A extends readonly unknown[], R>(send: (...args: A) => R) =>
		(...args: A): R => {
			sent += 1;
			return send(...args);
		};
	const port = new Proxy(redis, {
		get: (target, name) => {
			if (name === "command") return count(target.command.bind(target));
			if (name === "batch") return count(target.batch.bind(target));
			return Reflect.get(target, name);
		},
	});
	const board = createLeaderboard(port, { name: freshName() });
	const described = createLeaderboard(port, { name: freshName(), memberData: true });
	const calls: Array<[string, (board: Leaderboard) => Promise<unknown>]> = [
		["member", () => board.add("", 1)],
		["member", () => board.add("\ud800", 1)],
		["member", () => board.addMany([["\ud800", 1]])],
		["member", () => board.getMany(["a", "\udfff"])],
		["member", () => board.add(untyped(5), 1)],
		["score", () => board.add("a", untyped("1"))],
		["score", () => board.add("a", untyped(null))],
		["mode", () => board.add("a", 1, { mode: untyped("max") })],
		["ttlMs", () => board.add("a", 1, untyped({ ttlMs: 5 }))],
		["data", () => board.add("a", 1, { data: "x" })],
		["delta", () => board.incr("a", Number.NaN)],
		[
			"score",
			() =>
				board.addMany([
					["a", 1],
					["b", untyped("1")],
				]),
		],
		["entries", () => board.addMany(untyped("ab"))],
		["entries", () => board.addMany(untyped(["ab"]))],
		["data", () => board.addMany([["a", 1, "x"]])],
		["count", () => board.top(1.5)],
		["count", () => board.bottom(untyped("3"))],
		["withData", () => board.top(1, { withData: true })],
		["page", () => board.page(0, 10)],
		["size", () => board.page(1, 0)],
		["count", () => board.around("a", 0)],
		["fill", () => board.around("a", 1, { fill: untyped(1) })],
		["first", () => board.rangeByRank(0, 5)],
		["min", () => board.rangeByScore(Number.NaN, 5)],
		["offset", () => board.rangeByScore(1, 5, { offset: -1 })],
		["limit", () => board.rangeByScore(1, 5, { limit: 0.5 })],
		["max", () => board.countInRange(1, untyped("5"))],
		["member", () => board.rank("")],
		["members", () => board.getMany(untyped("ab"))],
		["member", () => board.remove(["a", ""])],
		// Broken on purpose, each red: options taken apart before they are looked at; bounds compared as they are.
		["options", () => board.around("a", 1, untyped(null))],
		["options", () => board.around("a", 1, untyped(5))],
		["fil", () => board.around("a", 1, untyped({ fil: true }))],
		["options", () => board.rangeByScore(1, 5, untyped(null))],
		["options", () => collected(board.export(untyped(null)))],
		["size", () => collected(board.export(untyped({ size: 5 })))],
		["min", () => Reflect.apply(board.rangeByScore, board, [1n, 5])],
		["max", () => Reflect.apply(board.countInRange, board, [1, Symbol("5")])],
		// Broken on purpose: taken as it is, when it comes back as another text.
		["data", () => described.add("a", 1, { data: "\ud800" })],
		["data", () => described.addMany([["a", 1, "\udfff"]])],
		["percent", () => board.scoreAtPercentile(101)],
		["percent", () => board.scoreAtPercentile(Number.NaN)],
		["size", () => board.trim(-1)],
		[
			"batch",
			async () => {
				for await (const _ of board.export({ batch: 0 }));
			},
		],
	];
	for (const [argument, call] of calls)
		await expect(call(board), argument).rejects.toMatchObject({ code: "RK_INVALID_ARGUMENT", argument });
	expect(sent).toBe(0);
	await board.top(1);
	expect(sent).toBe(1);
});
