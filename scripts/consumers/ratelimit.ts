import type { RedisPort } from "@rk/client";
import {
	type Algorithm,
	combine,
	createRateLimiter,
	type Decision,
	fallback,
	fixedWindow,
	gcra,
	memory,
	perSecond,
	type RateLimiter,
	RateLimitUnavailableError,
	slidingCounter,
	slidingLog,
	tokenBucket,
} from "@rk/ratelimit";
import { type ExpressMiddleware, type ExpressRequestLike, expressRateLimit } from "@rk/ratelimit/express";
import { type FastifyHook, type FastifyRequestLike, fastifyRateLimit } from "@rk/ratelimit/fastify";
import { type HonoContextLike, type HonoMiddleware, honoRateLimit } from "@rk/ratelimit/hono";
import { createGate, type FetchGuard, fetchGuard, ipKey } from "@rk/ratelimit/http";

const algorithms: readonly Algorithm[] = [
	gcra({ rate: perSecond(10), burst: 20 }),
	tokenBucket({ capacity: 20, refill: { tokens: 10, everyMs: 1_000 } }),
	fixedWindow({ limit: 100, windowMs: 60_000 }),
	slidingLog({ limit: 100, windowMs: 60_000 }),
	slidingCounter({ limit: 100, windowMs: 60_000 }),
];

export async function decide(redis: RedisPort): Promise<Decision[]> {
	const limiters = algorithms.map((algorithm, i) =>
		createRateLimiter(redis, {
			...{ name: `limit-${i}`, algorithm, onUnavailable: fallback(memory({ share: 0.5 })) },
		}),
	);
	const [first, second] = limiters;
	if (first === undefined || second === undefined) return [];
	const { decisions } = await combine(first, second).limit([
		{ subject: "a" },
		{ subject: ["a", "b"], cost: 2 },
	]);
	return [...decisions, await first.limitUpTo("a", 5)];
}

export const isUnavailable = (error: unknown): boolean => error instanceof RateLimitUnavailableError;

interface Middlewares {
	readonly express: ExpressMiddleware<ExpressRequestLike>;
	readonly fastify: FastifyHook<FastifyRequestLike>;
	readonly hono: HonoMiddleware<HonoContextLike>;
	readonly fetch: FetchGuard;
}

export function middlewares(limiter: RateLimiter): Middlewares {
	return {
		express: expressRateLimit(limiter, { key: ({ ip }) => ipKey(ip), charge: "failures" }),
		fastify: fastifyRateLimit(limiter, { key: ({ ip }) => ipKey(ip, { v6PrefixBits: 56 }) }),
		hono: honoRateLimit(limiter, { key: ({ req }) => req.header("x-user") ?? null, headers: "draft-7" }),
		fetch: fetchGuard(limiter, { key: ({ headers }) => headers.get("x-user"), legacyHeaders: true }),
	};
}

export async function enter(limiter: RateLimiter, user: string): Promise<number> {
	const admission = await createGate(limiter, { key: () => user }).enter({});
	if (!admission.allowed) return admission.problem.status;
	admission.settle(200);
	return 200;
}
