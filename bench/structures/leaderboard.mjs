import { ioredisPort } from "@rk/ioredis";
import { createLeaderboard } from "@rk/structures/leaderboard";
import { Leaderboard as RedisRank } from "redis-rank";
import { connectionsTo } from "../frame/connections.mjs";
import { verdict } from "../frame/limit.mjs";

const MEMBERS = 1_000_000;
const IN_A_PIPELINE = 4_000;
/** Of our time, or our rate, to that of the raw commands. */
const TARGET = { around: 1.3, load: 0.8 };

const memberOf = (i) => `player:${i}`;
/** Spread, and the same in every run. */
const scoreOf = (i) => (i * 7_919) % MEMBERS;

/** How leaderboards are filled, and asked, beside commands by hand and redis-rank. */
export async function leaderboards(bench, server) {
	const members = bench.quick ? MEMBERS / 10 : MEMBERS;
	const { ioredis, kept, end } = connectionsTo(server);
	try {
		const raw = ioredis();
		const port = kept(ioredisPort(ioredis()));
		const board = createLeaderboard(port, { name: "bench" });
		const first = createLeaderboard(port, { name: "bench-first", ties: "first" });
		const dense = createLeaderboard(port, { name: "bench-dense", ranking: "dense" });
		const rank = new RedisRank(ioredis(), "rank", {
			sortPolicy: "high-to-low",
			updatePolicy: "replace",
		});
		await fill(bench, members, {
			"ZADD, pipelined": (from, to) => {
				const pipeline = raw.pipeline();
				for (let i = from; i < to; i++) pipeline.zadd("raw", scoreOf(i), memberOf(i));
				return pipeline.exec();
			},
			"@rk/structures": (from, to) => board.addMany(range(from, to).map((i) => [memberOf(i), scoreOf(i)])),
			"@rk/structures, ties first": (from, to) =>
				first.addMany(range(from, to).map((i) => [memberOf(i), scoreOf(i)])),
			"@rk/structures, dense": (from, to) =>
				dense.addMany(range(from, to).map((i) => [memberOf(i), scoreOf(i)])),
			"redis-rank": (from, to) =>
				rank.update(range(from, to).map((i) => ({ id: memberOf(i), value: scoreOf(i) }))),
		});

		const some = (i) => (i * 104_729) % members;
		const size = { operations: 20_000, rounds: 7 };
		await bench.measure({
			...{ name: "around, ties first × 64", concurrency: 64, ...size },
			subjects: [
				{ name: "ZREVRANGE of 11", operation: (i) => rangeOf11(raw, some(i)) },
				{
					name: "@rk/structures around, ties first",
					operation: (i) => first.around(memberOf(some(i)), 11),
					against: "ZREVRANGE of 11",
				},
			],
		});
		await bench.measure({
			...{ name: "rank × 64", concurrency: 64, ...size },
			subjects: [
				{ name: "ZREVRANK", operation: (i) => raw.zrevrank("raw", memberOf(some(i))) },
				{
					name: "@rk/structures rank",
					operation: (i) => board.rank(memberOf(some(i))),
					against: "ZREVRANK",
				},
				{
					name: "@rk/structures rank, dense",
					operation: (i) => dense.rank(memberOf(some(i))),
					against: "ZREVRANK",
				},
				{ name: "redis-rank rank", operation: (i) => rank.rank(memberOf(some(i))), against: "ZREVRANK" },
			],
		});
		await bench.measure({
			...{ name: "top 10 × 64", concurrency: 64, ...size },
			subjects: [
				{ name: "ZREVRANGE", operation: () => raw.zrevrange("raw", 0, 9, "WITHSCORES") },
				{ name: "@rk/structures top", operation: () => board.top(10), against: "ZREVRANGE" },
				{ name: "redis-rank top", operation: () => rank.top(10), against: "ZREVRANGE" },
			],
		});
		await bench.measure({
			...{ name: "add × 64", concurrency: 64, ...size },
			subjects: [
				{ name: "ZADD", operation: (i) => raw.zadd("raw", i, memberOf(some(i))) },
				{
					name: "@rk/structures add, with ranks",
					operation: (i) => board.add(memberOf(some(i)), i),
					against: "ZADD",
				},
				{
					name: "@rk/structures add, ties first",
					operation: (i) => first.add(memberOf(some(i)), i),
					against: "ZADD",
				},
				{
					name: "redis-rank updateOne",
					operation: (i) => rank.updateOne(memberOf(some(i)), i),
					against: "ZADD",
				},
			],
		});
	} finally {
		await end();
		await server.command("FLUSHALL");
	}
}

/** A board's own set, read at a place that is known. */
const rangeOf11 = (raw, place) => raw.zrevrange("leaderboard:bench", place, place + 10, "WITHSCORES");

/** A member's neighbours, beside reading as many at a place that is known, in the same set. */
export async function neighbours(bench, server) {
	const members = bench.quick ? MEMBERS / 10 : MEMBERS;
	const { ioredis, kept, end } = connectionsTo(server);
	try {
		const raw = ioredis();
		const board = createLeaderboard(kept(ioredisPort(ioredis())), { name: "bench" });
		for (let from = 0; from < members; from += IN_A_PIPELINE) {
			const to = Math.min(members, from + IN_A_PIPELINE);
			await board.addMany(range(from, to).map((i) => [memberOf(i), scoreOf(i)]));
		}
		const rank = new RedisRank(ioredis(), "leaderboard:bench", {
			sortPolicy: "high-to-low",
			updatePolicy: "replace",
		});
		const some = (i) => (i * 104_729) % members;
		const against = "ZREVRANGE of 11";
		const subjects = [
			{ name: against, operation: (i) => rangeOf11(raw, some(i)) },
			{ name: "@rk/structures", operation: (i) => board.around(memberOf(some(i)), 11), against },
			{ name: "redis-rank", operation: (i) => rank.around(memberOf(some(i)), 5), against },
		];
		for (const [concurrency, operations] of [
			[1, 2_000],
			[64, 20_000],
		]) {
			const name = `around × ${concurrency}`;
			await bench.measure({ name, concurrency, operations, rounds: 9, subjects });
			for (const row of bench.rows.filter(({ case: of, metric }) => of === name && metric === "rate"))
				if (row.subject === "@rk/structures")
					console.log(
						`${row.subject}: ${(1 / row.ratio).toFixed(2)} × the time of ${row.against}; at most ${TARGET.around} ${verdict(1 / row.ratio <= TARGET.around)}`,
					);
		}
	} finally {
		await end();
		await server.command("FLUSHALL");
	}
}

const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);

/** Each fills a board of its own, one after the other; by the clock, since the server's work counts. */
async function fill(bench, members, ways) {
	console.log(`\n${members.toLocaleString("en")} members, ${IN_A_PIPELINE.toLocaleString("en")} at a time`);
	let against;
	for (const [name, add] of Object.entries(ways)) {
		const began = performance.now();
		for (let from = 0; from < members; from += IN_A_PIPELINE)
			await add(from, Math.min(members, from + IN_A_PIPELINE));
		const rate = (1_000 * members) / (performance.now() - began);
		const ratio = against === undefined ? null : rate / against.rate;
		const met = name === "@rk/structures" ? `, at least ${TARGET.load} ${verdict(ratio >= TARGET.load)}` : "";
		console.log(
			`  ${name.padEnd(28)} ${Math.round(rate).toLocaleString("en").padStart(9)} members/s${ratio === null ? "" : `  ${ratio.toFixed(2)} ×${met}`}`,
		);
		bench.rows.push({
			...{ bench: "structures", case: "fill", subject: name, metric: "rate", unit: "members/s", value: rate },
			...{ against: against?.name ?? null, ratio, min: rate, max: rate },
		});
		against ??= { name, rate };
	}
}
