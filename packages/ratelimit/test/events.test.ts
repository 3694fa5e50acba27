import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { RedisPort } from "@rk/client";
import { connect } from "@rk/ioredis";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { createRateLimiter, gcra, per, type RateLimiter } from "../src/index.ts";
import { freshSubject } from "./adapters.ts";

let redis: RedisPort;
beforeAll(async () => {
	redis = await connect({ url: inject("redisUrl") });
});
afterAll(() => redis.close());

const limiter = (): RateLimiter =>
	createRateLimiter(redis, {
		...{
			name: "api",
			algorithm: gcra({ rate: per(10, 3_600_000) }),
			onUnavailable: "throw",
			timeoutMs: 5_000,
		},
	});

test("nearLimit is told when a subject gets there, not while it stays, and again the next time", async () => {
	const api = limiter();
	const subject = freshSubject();
	const remaining: number[] = [];
	const off = api.on("nearLimit", ({ subject: who, decision }) => {
		expect(who).toBe(subject);
		remaining.push(decision.remaining);
	});
	for (let i = 0; i < 12; i++) await api.limit(subject);
	expect(remaining).toEqual([2]);
	await api.reset(subject);
	await api.limit(subject, { cost: 9 });
	expect(remaining).toEqual([2, 1]);
	off();
	await api.reset(subject);
	await api.limit(subject, { cost: 9 });
	expect(remaining).toEqual([2, 1]);
});

test("a listener that throws becomes a warning, and the decision stands", async () => {
	const api = limiter();
	const warned = new Promise<unknown>((resolve) => process.once("warning", resolve));
	api.on("nearLimit", () => {
		throw new Error("from the listener");
	});
	expect(await api.limit(freshSubject(), { cost: 9 })).toMatchObject({ allowed: true });
	expect(await warned).toMatchObject({ code: "RK_LISTENER_ERROR" });
});

test("an event that there is not is refused", () => {
	expect(() => limiter().on(Object("near"), () => {})).toThrow(
		expect.objectContaining({ code: "RK_INVALID_ARGUMENT", argument: "event" }),
	);
});

test("the diagnostics channel tells each decision with the server's time", async () => {
	const messages: unknown[] = [];
	const note = (message: unknown): unknown => messages.push(message);
	subscribe("rk:ratelimit", note);
	onTestFinished(() => {
		unsubscribe("rk:ratelimit", note);
	});
	const subject = freshSubject();
	await limiter().limit(subject, { cost: 9 });
	expect(messages).toMatchObject([
		{
			...{ type: "decision", limiter: "api", operation: "limit", key: `rl:{${subject}}:api` },
			...{ decision: { allowed: true, granted: 9 }, serverTimeUs: expect.any(Number) },
		},
		{ type: "nearLimit", limiter: "api", subject },
	]);
});
