import { setTimeout as sleep } from "node:timers/promises";
import { type Cache, createCache } from "@rk/cache";
import { get, hashTag, makeKey, type RedisPort } from "@rk/client";
import { createLocks, fencedWrite, type Locks } from "@rk/lock";
import { createPubSub, type DurableTopic } from "@rk/pubsub";
import { createRateLimiter, fixedWindow, type RateLimiter } from "@rk/ratelimit";
import { type Counter, createCounter } from "@rk/structures/counters";
import { createUniqueVisitors, type UniqueVisitors } from "@rk/structures/hyperloglog";
import { createLeaderboard, type Leaderboard } from "@rk/structures/leaderboard";
import { createSessions, type Sessions } from "@rk/structures/sessions";

/** Nothing of the sale outlives it by more. */
const TTL_MS = 600_000;
/** A demo may run on a busy machine; a service would rather be quick to say that Redis is away, as the defaults are. */
const PATIENCE_MS = 10_000;
export const STOCK = 40;
/** Requests that a buyer may make. */
export const REQUESTS = 3;
const QUERY_MS = 5;

/** A sold item, as the feed has it. */
export interface Order {
	readonly number: number;
	readonly buyer: string;
	readonly price: number;
	/** When the buyer's request for the price began, by a clock that all processes of a machine share, in nanoseconds. */
	readonly askedAt: string;
}

/** What became of a buyer's request. */
export type Outcome = "bought" | "limited" | "sold out";

export function isOrder(value: unknown): value is Order {
	return typeof value === "object" && value !== null && "number" in value && "askedAt" in value;
}

/** Everything that the sale keeps in Redis, as any of its processes uses it. */
export interface Shop {
	readonly keys: {
		/** The database, in this demo: a price that is changed behind the cache. */
		readonly price: string;
		readonly revenue: string;
	};
	readonly cache: Cache;
	readonly locks: Locks;
	readonly limiter: RateLimiter;
	readonly sold: Counter;
	readonly buyers: Leaderboard;
	readonly visitors: UniqueVisitors;
	readonly sessions: Sessions<{ readonly orders: readonly number[] }>;
	readonly feed: DurableTopic<unknown, unknown>;
	/** The price as the cache has it, or else the database, which takes its time. */
	price(): Promise<number>;
	close(): Promise<void>;
}

/** @param id begins all names */
export function shop(redis: RedisPort, id: string): Shop {
	const keys = {
		price: makeKey(id, "database", "price"),
		revenue: makeKey(id, hashTag("till"), "revenue"),
	};
	const cache = createCache(redis, { namespace: id, l1: false, ttlMs: TTL_MS, redisTimeoutMs: PATIENCE_MS });
	const locks = createLocks(redis, { prefix: `${id}:lock:`, ttlMs: PATIENCE_MS });
	const messages = createPubSub(redis);
	return {
		keys,
		cache,
		locks,
		limiter: createRateLimiter(redis, {
			name: id,
			algorithm: fixedWindow({ limit: REQUESTS, windowMs: TTL_MS }),
			onUnavailable: "throw",
			timeoutMs: PATIENCE_MS,
		}),
		sold: createCounter(redis, { name: `${id}:sold`, ttlMs: TTL_MS }),
		buyers: createLeaderboard(redis, { name: `${id}:buyers`, ties: "first", ttlMs: TTL_MS }),
		visitors: createUniqueVisitors(redis, { prefix: `${id}:uv`, retentionDays: 1 }),
		sessions: createSessions(redis, { prefix: `${id}:sess`, idleMs: TTL_MS, absoluteMs: TTL_MS }),
		feed: messages.durable(`${id}:orders`, { maxLen: 1_000 }),

		price: () =>
			cache.getOrLoad("price", async () => {
				const price = Number(await redis.command(get(keys.price)));
				await sleep(QUERY_MS);
				return price;
			}),

		async close(): Promise<void> {
			await messages.close();
			await locks.close();
			await cache.close();
		},
	};
}

/** One request of a buyer, from the limit at the door to the order in the feed. */
export async function buy(store: Shop, redis: RedisPort, buyer: string, session: string): Promise<Outcome> {
	if (!(await store.limiter.limit(buyer)).allowed) return "limited";
	if ((await store.sold.get()) >= STOCK) return "sold out"; // nobody stands in line for nothing
	const askedAt = process.hrtime.bigint();
	const price = await store.price();
	// One at a time at the till: who was paused too long there writes with an old fence, and is refused.
	return store.locks.withLock("till", async (signal, lock) => {
		signal.throwIfAborted();
		const number = await store.sold.incrementWithCap(1, STOCK);
		if (number === null) return "sold out";
		const revenue = Number((await redis.command(get(store.keys.revenue))) ?? 0) + price;
		await fencedWrite(redis, store.keys.revenue, String(revenue), lock.fence, { ttlMs: TTL_MS });
		await store.buyers.incr(buyer, price);
		await store.sessions.update(session, ({ orders }) => ({ orders: [...orders, number] }));
		await store.feed.publish({ number, buyer, price, askedAt: String(askedAt) } satisfies Order);
		return "bought";
	});
}
