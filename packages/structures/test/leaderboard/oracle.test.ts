import { incr, type RedisPort } from "@rk/client";
import { describe, expect, inject, test } from "vitest";
import {
	type AddMode,
	createLeaderboard,
	type LeaderboardOptions,
	type Ranking,
	type Ties,
} from "../../src/leaderboard/index.ts";
import { adapters, collected, freshName, open } from "../redis.ts";
import { Oracle } from "./oracle.ts";

/** Of each board; `RK_LEADERBOARD_OPERATIONS=100000` is the long run. */
const OPERATIONS = Number(process.env["RK_LEADERBOARD_OPERATIONS"] ?? 1_000);
const WRITERS = 50;

const boards: LeaderboardOptions[] = [];
for (const ranking of ["ordinal", "dense", "competition", "modified"] satisfies Ranking[])
	for (const ties of ["lex", "first", "last"] satisfies Ties[])
		for (const order of ["desc", "asc"] as const) boards.push({ name: "", ranking, ties, order });
boards.push({ name: "", ranking: "dense", ties: "first", maxSize: 20 }, { name: "", maxSize: 20 });

/** What one writer asked for, what it was told, and as the how manyth of all. */
interface Told {
	readonly turn: number;
	readonly told: unknown;
	readonly expected: (oracle: Oracle) => unknown;
}

const MODES: readonly AddMode[] = ["set", "best", "lowest", "incr"];
const below = (limit: number): number => Math.floor(Math.random() * limit);
const member = (): string => `m${below(60)}${below(2) === 0 ? "é" : ""}`;
/** Few values, so that there are ties, of which some are fractions that are not exact in binary. */
const score = (): number => (below(30) - 10) / 10;

/** A port on which every command is numbered by the server, in the transaction that runs it. */
function numbered(redis: RedisPort, counter: string, onNumber: (turn: number) => void): RedisPort {
	const command: RedisPort["command"] = async (command) => {
		const [result, turn] = await redis.transaction([command, incr(counter)]);
		if (result instanceof Error) throw result;
		if (turn instanceof Error) throw turn;
		onNumber(turn);
		return result;
	};
	return new Proxy(redis, {
		get: (target, name) => (name === "command" ? command : Reflect.get(target, name)),
	});
}

async function write(redis: RedisPort, options: LeaderboardOptions, operations: number): Promise<Told[]> {
	let last = 0;
	const port = numbered(redis, `turns:${options.name}`, (turn) => {
		last = turn;
	});
	const board = createLeaderboard(port, options);
	const all: Told[] = [];
	for (let i = 0; i < operations; i++) {
		const kind = below(40);
		if (kind === 0) {
			const members = [member(), member()];
			const told = await board.remove(members);
			all.push({ turn: last, told, expected: (oracle) => oracle.remove(members) });
		} else if (kind === 1) {
			const size = 20 + below(100);
			const told = await board.trim(size);
			all.push({ turn: last, told, expected: (oracle) => oracle.trim(size) });
		} else {
			const [who, what, mode] = [member(), score(), MODES[below(4)] ?? "set"];
			const told = await board.add(who, what, { mode });
			all.push({ turn: last, told, expected: (oracle) => oracle.add(who, what, mode) });
		}
	}
	return all;
}

// Broken on purpose, each red: turns not inverted for ties that go to the first; `ZREM` of the old place left out; a score kept when its
// last member leaves (dense); `best` compared the same way by both orders; the rank of `modified` counted without the score's own.
describe.each(boards)("$ranking ranks, ties $ties, order $order, at most $maxSize", (shape) => {
	test("is the same as in memory, whatever 50 writers do at once", { timeout: 600_000 }, async () => {
		const options = { ...shape, name: freshName() };
		const ports = await Promise.all(
			adapters.flatMap((adapter) => [0, 1, 2].map(() => open(adapter, inject("redisUrl")))),
		);
		const writers = Array.from({ length: WRITERS }, (_, i) => ports[i % ports.length] ?? expect.fail());
		const all = await Promise.all(
			writers.map((redis) => write(redis, options, Math.ceil(OPERATIONS / WRITERS))),
		);
		const oracle = new Oracle(options);
		for (const { told, expected } of all.flat().sort((a, b) => a.turn - b.turn))
			expect(told).toEqual(expected(oracle));

		const [redis = expect.fail()] = ports;
		const board = createLeaderboard(redis, options);
		const entries = oracle.entries();
		expect(await board.size()).toBe(entries.length);
		expect(await board.top(1_000)).toEqual(entries);
		expect(await board.bottom(1_000)).toEqual([...entries].reverse());
		expect(await collected(board.export({ batch: 7 }))).toEqual(entries);
		expect(await board.getMany(entries.map((entry) => entry.member))).toEqual(entries);
		for (let first = 0; first < entries.length; first += 9)
			expect(await board.rangeByRank(first + 1, first + 5)).toEqual(entries.slice(first, first + 5));
		for (const { member, score, rank } of entries.slice(0, 20)) {
			expect(await board.rank(member)).toBe(rank);
			expect(await board.score(member)).toBe(score);
			const same = entries.filter((entry) => entry.score === score);
			expect(await board.rangeByScore(score, score)).toEqual(same);
			expect(await board.countInRange(score, score)).toBe(same.length);
		}
	});
});
