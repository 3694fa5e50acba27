import type { RedisPort } from "@rk/client";
import { createLeaderboard, type LeaderboardEntry, LeaderboardLayoutError } from "@rk/structures";
import { type BloomFilter, BloomFullError, type BloomInfo, createBloomFilter } from "@rk/structures/bloom";
import {
	type Counter,
	CounterOverflowError,
	createCounter,
	createIdGenerator,
	createWindowedCounter,
} from "@rk/structures/counters";
import {
	createHyperLogLog,
	createUniqueVisitors,
	type DayCount,
	InvalidHyperLogLogError,
	type UniqueVisitors,
} from "@rk/structures/hyperloglog";
import {
	type Added,
	createPeriodicLeaderboard,
	type Leaderboard,
	type LeaderboardOptions,
} from "@rk/structures/leaderboard";
import { createSessions, type Session, SessionGoneError, type Sessions } from "@rk/structures/sessions";

const options: LeaderboardOptions = { name: "game", ties: "first", ranking: "dense", maxSize: 100 };

export async function play(redis: RedisPort, member: string): Promise<[Added, LeaderboardEntry[]]> {
	const board: Leaderboard = createLeaderboard(redis, options);
	const added = await board.add(member, 5, { mode: "best" });
	for await (const { rank } of board.export({ batch: 10 })) if (rank > 10) break;
	await createPeriodicLeaderboard(redis, { name: "game", period: "week", keep: 2 }).current().incr(member);
	return [added, await board.around(member, 5)];
}

export async function firstTime(redis: RedisPort, url: string): Promise<boolean> {
	const seen: BloomFilter = createBloomFilter(redis, {
		...{ name: "seen", capacity: 1_000, errorRate: 0.001, scaling: { growth: 4 } },
	});
	const info: BloomInfo | null = await seen.info();
	return (info?.saturation ?? 0) < 1 && (await seen.add(url));
}

export async function visits(redis: RedisPort, user: string): Promise<DayCount[]> {
	const visitors: UniqueVisitors = createUniqueVisitors(redis, { retentionDays: 90, timeZone: "UTC" });
	await visitors.record(user, { at: "2026-11-26" });
	await createHyperLogLog(redis, { ttlMs: 60_000 }).merge("all", "uv:2026-11-26");
	return visitors.series({ from: "2026-11-01", to: new Date() });
}

export async function count(redis: RedisPort): Promise<number> {
	const counter: Counter = createCounter(redis, { name: "clicks", ttlMs: 60_000 });
	const left: number | null = await createCounter(redis, { name: "seats", min: 0 }).decrement();
	await createWindowedCounter(redis, { name: "clicks", bucketMs: 1_000, windowMs: 60_000 }).record();
	const sum: number = await counter.increment(left ?? 0);
	return sum + (await createIdGenerator(redis, { name: "order" }).next());
}

export async function cart(redis: RedisPort, id: string, item: string): Promise<string[]> {
	const sessions: Sessions<string[]> = createSessions<string[]>(redis, {
		idleMs: 60_000,
		absoluteMs: 600_000,
	});
	const session: Session<string[]> = await sessions.update(id, (items) => [...items, item]);
	return (await sessions.rotate(id)) === null ? [] : session.data;
}

export const isOurs = (error: unknown): boolean =>
	[CounterOverflowError, InvalidHyperLogLogError, SessionGoneError].some((kind) => error instanceof kind);

export const isKnown = (error: unknown): boolean =>
	error instanceof LeaderboardLayoutError || error instanceof BloomFullError;
