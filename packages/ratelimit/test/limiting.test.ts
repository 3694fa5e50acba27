import { type RedisPort, raw } from "@rk/client";
import { afterEach, beforeEach, describe, expect, inject, test, vi } from "vitest";
import {
	type Algorithm,
	createRateLimiter,
	fixedWindow,
	gcra,
	per,
	perSecond,
	type RateLimiter,
	slidingCounter,
	slidingLog,
	tokenBucket,
} from "../src/index.ts";
import { adapters, freshSubject, open } from "./adapters.ts";

const HOUR_MS = 3_600_000;
const algorithms: Record<string, (limit: number) => Algorithm> = {
	gcra: (limit) => gcra({ rate: per(limit, HOUR_MS) }),
	"token bucket": (limit) => tokenBucket({ capacity: limit, refill: { tokens: limit, everyMs: HOUR_MS } }),
	"fixed window": (limit) => fixedWindow({ limit, windowMs: HOUR_MS }),
	"sliding log": (limit) => slidingLog({ limit, windowMs: HOUR_MS }),
	"sliding counter": (limit) => slidingCounter({ limit, windowMs: HOUR_MS }),
};

describe.each(adapters)("over $name", (adapter) => {
	let redis: RedisPort;
	beforeEach(async () => {
		redis = await open(adapter, inject("redisUrl"));
	});
	afterEach(() => {
		vi.useRealTimers();
	});

	const limiter = (algorithm: Algorithm): RateLimiter =>
		createRateLimiter(redis, { name: "api", algorithm, onUnavailable: "throw", timeoutMs: 20_000 });

	describe.each(Object.entries(algorithms))("%s", (_, algorithm) => {
		test("of 10 000 calls at once, a limit of 100 allows exactly 100", async () => {
			const api = limiter(algorithm(100));
			const subject = freshSubject();
			const decisions = await Promise.all(Array.from({ length: 10_000 }, () => api.limit(subject)));
			expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(100);
			const denied = decisions.filter((decision) => !decision.allowed);
			expect(new Set(denied.map(({ reason }) => reason))).toEqual(new Set(["limited"]));
			expect(denied.every(({ retryAfterMs }) => retryAfterMs !== null && retryAfterMs >= 1)).toBe(true);
		});

		test("a denied call leaves what a smaller one needs", async () => {
			const api = limiter(algorithm(5));
			const subject = freshSubject();
			expect(await api.limit(subject, { cost: 3 })).toMatchObject({
				allowed: true,
				granted: 3,
				remaining: 2,
			});
			expect(await api.limit(subject, { cost: 3 })).toMatchObject({
				allowed: false,
				granted: 0,
				remaining: 2,
			});
			expect(await api.limit(subject, { cost: 2 })).toMatchObject({ allowed: true, remaining: 0 });
		});

		test("more than ever fits is denied for ever, and charges nothing", async () => {
			const api = limiter(algorithm(5));
			const subject = freshSubject();
			expect(await api.limit(subject, { cost: 6 })).toMatchObject({
				...{ allowed: false, reason: "cost_exceeds_limit", retryAfterMs: null, remaining: 5 },
			});
		});

		test("as much as fits is granted, then nothing", async () => {
			const api = limiter(algorithm(5));
			const subject = freshSubject();
			await api.limit(subject, { cost: 2 });
			expect(await api.limitUpTo(subject, 10)).toMatchObject({ allowed: true, granted: 3, remaining: 0 });
			expect(await api.limitUpTo(subject, 10)).toMatchObject({ allowed: false, granted: 0 });
		});

		test("looking charges nothing", async () => {
			const api = limiter(algorithm(5));
			const subject = freshSubject();
			await api.limit(subject, { cost: 2 });
			for (let i = 0; i < 3; i++)
				expect(await api.peek(subject)).toMatchObject({ allowed: true, remaining: 3 });
			expect(await api.peek(subject, { cost: 4 })).toMatchObject({ allowed: false });
		});

		test("what is given back makes no credit, and a penalty no debt", async () => {
			const api = limiter(algorithm(5));
			const subject = freshSubject();
			await api.limit(subject, { cost: 4 });
			await api.refund(subject, 3);
			expect(await api.peek(subject)).toMatchObject({ remaining: 4 });
			await api.refund(subject, 100);
			expect(await api.peek(subject)).toMatchObject({ remaining: 5 });
			await api.penalize(subject, 2);
			expect(await api.peek(subject)).toMatchObject({ remaining: 3 });
			await api.penalize(subject, 100);
			expect(await api.peek(subject)).toMatchObject({ remaining: 0 });
			await api.refund(subject, 1);
			expect(await api.peek(subject)).toMatchObject({ remaining: 1 });
		});

		// Broken on purpose: a block that is over left behind the state: denied for ever; the log without its units behind a block.
		test("who is blocked is denied with the reason, and after it has what it had", async () => {
			const api = limiter(algorithm(5));
			const subject = freshSubject();
			await api.limit(subject, { cost: 2 });
			await api.block(subject, 60_000, { reason: "scraping: /search" });
			const denied = await api.limit(subject);
			expect(denied).toMatchObject({ allowed: false, reason: "blocked", blockReason: "scraping: /search" });
			expect(denied.retryAfterMs).toBeGreaterThan(50_000);
			// Red where the block is looked at in place of the room: a penalty was charged whole, and the log had 100 entries.
			await api.penalize(subject, 100);
			await api.refund(subject, 3);
			await api.unblock(subject);
			expect(await api.peek(subject)).toMatchObject({ allowed: true, remaining: 3 });
			await api.block(subject, 1);
			await vi.waitUntil(async () => (await api.peek(subject)).allowed, { interval: 2 });
			expect(await api.limit(subject)).toMatchObject({ allowed: true, remaining: 2 });
			await api.refund(subject, 1);
			expect(await api.peek(subject)).toMatchObject({ remaining: 3 });
			await api.reset(subject);
			expect(await api.peek(subject)).toMatchObject({ remaining: 5 });
		});

		// Broken on purpose: the block left out of what is written; the time to live that of the state alone; reset.lua without the block.
		test("a block lasts as long as it says, whatever is charged and given back meanwhile", async () => {
			const api = limiter(algorithm(5));
			const subject = freshSubject();
			const changes = [
				() => api.block(subject, 10 * HOUR_MS),
				() => api.penalize(subject, 2),
				() => api.refund(subject, 1),
				() => api.reset(subject),
				() => api.refund(subject, 1),
			];
			for (const change of changes) {
				await change();
				const denied = await api.limit(subject);
				expect(denied).toMatchObject({ allowed: false, reason: "blocked" });
				expect(denied.retryAfterMs).toBeGreaterThan(9 * HOUR_MS);
				expect(await redis.command(raw(["PTTL", `rl:{${subject}}:api`]))).toBeGreaterThan(9 * HOUR_MS);
			}
			await api.block(subject, 5 * HOUR_MS);
			expect((await api.limit(subject)).retryAfterMs).toBeLessThanOrEqual(5 * HOUR_MS);
			await api.unblock(subject);
			expect(await api.limit(subject)).toMatchObject({ allowed: true, remaining: 4 });
		});

		test("another limit of the call counts the same use", async () => {
			const api = limiter(algorithm(10));
			const subject = freshSubject();
			await api.limit(subject, { cost: 4 });
			expect(await api.limit(subject, { limit: algorithm(5) })).toMatchObject({ limit: 5, remaining: 0 });
			expect(await api.limit(subject, { limit: algorithm(5) })).toMatchObject({ allowed: false });
			expect(await api.limit(subject, { cost: 5 })).toMatchObject({ allowed: true, remaining: 0 });
		});
	});

	test("the process's clock has no part in it", async () => {
		const api = limiter(gcra({ rate: per(10, HOUR_MS) }));
		const subject = freshSubject();
		let allowed = 0;
		for (const skewMs of [0, HOUR_MS, -HOUR_MS, 0]) {
			vi.useFakeTimers({ toFake: ["Date"], now: 1_790_000_000_000 + skewMs });
			for (let i = 0; i < 10; i++) allowed += (await api.limit(subject)).granted;
		}
		expect(allowed).toBe(10);
	});

	test("an aborted call rejects with the signal's reason, and charges nothing", async () => {
		const api = limiter(gcra({ rate: perSecond(10) }));
		const reason = new Error("the client went away");
		await expect(api.limit(freshSubject(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
	});
});
