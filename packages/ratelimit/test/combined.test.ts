import type { RedisPort } from "@rk/client";
import { startCluster, type TestCluster } from "@rk/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import {
	type Algorithm,
	combine,
	createRateLimiter,
	fixedWindow,
	gcra,
	per,
	type RateLimiter,
	slidingCounter,
	slidingLog,
} from "../src/index.ts";
import { adapters, freshSubject, open } from "./adapters.ts";

const HOUR_MS = 3_600_000;
let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startCluster();
});
afterAll(() => cluster.stop());

const limiterOn = (redis: RedisPort, name: string, algorithm: Algorithm): RateLimiter =>
	createRateLimiter(redis, { name, algorithm, onUnavailable: "throw", timeoutMs: 10_000 });

describe.each(adapters)("over $name", (adapter) => {
	let redis: RedisPort;
	beforeEach(async () => {
		redis = await open(adapter, inject("redisUrl"));
	});

	// Broken on purpose: each limit charged as soon as it fits: the first was charged 7 times.
	test("limits of every algorithm together are charged all or none", async () => {
		const limiters = [
			limiterOn(redis, "gcra", gcra({ rate: per(10, HOUR_MS) })),
			limiterOn(redis, "window", fixedWindow({ limit: 8, windowMs: HOUR_MS })),
			limiterOn(redis, "counter", slidingCounter({ limit: 6, windowMs: HOUR_MS })),
			limiterOn(redis, "log", slidingLog({ limit: 3, windowMs: HOUR_MS })),
		] as const;
		const all = combine(...limiters);
		const subject = freshSubject();
		const calls = [{ subject }, { subject }, { subject }, { subject }] as const;
		for (let i = 0; i < 3; i++)
			expect(await all.limit(calls)).toMatchObject({ allowed: true, retryAfterMs: 0 });
		for (let i = 0; i < 4; i++) {
			const denied = await all.limit(calls);
			expect(denied).toMatchObject({ allowed: false, violated: ["log"] });
			expect(denied.retryAfterMs).toBeGreaterThan(HOUR_MS - 60_000);
			expect(denied.decisions.map(({ allowed }) => allowed)).toEqual([true, true, true, false]);
			expect(denied.decisions.map(({ remaining }) => remaining)).toEqual([7, 5, 3, 0]);
		}
		const costly = [{ subject, cost: 8 }, { subject }, { subject }, { subject, cost: 4 }] as const;
		expect(await all.limit(costly)).toMatchObject({
			...{ allowed: false, retryAfterMs: null, violated: ["gcra", "log"] },
		});
	});

	test("what all were charged is given back to each", async () => {
		const wide = limiterOn(redis, "wide", gcra({ rate: per(100, HOUR_MS) }));
		const narrow = limiterOn(redis, "narrow", slidingLog({ limit: 30, windowMs: HOUR_MS }));
		const both = combine(wide, narrow);
		const subject = freshSubject();
		const calls = [{ subject, cost: 5 }, { subject }] as const;
		await both.limit(calls);
		await both.limit(calls);
		await both.refund(calls);
		expect(await wide.peek(subject)).toMatchObject({ remaining: 95 });
		expect(await narrow.peek(subject)).toMatchObject({ remaining: 29 });
		await expect(Reflect.apply(both.refund, both, [[{ subject }]])).rejects.toMatchObject({
			...{ code: "RK_INVALID_ARGUMENT", argument: "calls" },
		});
	});

	test("of many at once, all limits allow the same number", async () => {
		const wide = limiterOn(redis, "wide", gcra({ rate: per(100, HOUR_MS) }));
		const narrow = limiterOn(redis, "narrow", slidingLog({ limit: 30, windowMs: HOUR_MS }));
		const both = combine(wide, narrow);
		const subject = freshSubject();
		const decisions = await Promise.all(
			Array.from({ length: 200 }, () => both.limit([{ subject }, { subject }])),
		);
		expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(30);
		expect(await wide.peek(subject)).toMatchObject({ remaining: 70 });
	});

	test("a block of one denies all", async () => {
		const [a, b] = [
			limiterOn(redis, "a", gcra({ rate: per(5, HOUR_MS) })),
			limiterOn(redis, "b", gcra({ rate: per(5, HOUR_MS) })),
		];
		const subject = freshSubject();
		await b.block(subject, 60_000);
		const denied = await combine(a, b).limit([{ subject }, { subject }]);
		expect(denied.violated).toEqual(["b"]);
		expect(await a.peek(subject)).toMatchObject({ remaining: 5 });
	});

	test("in a cluster, subjects that share their first part are decided together, and others refused before anything is sent", async () => {
		const inCluster = await adapter.connectCluster(cluster.nodes.map(({ host, port }) => `${host}:${port}`));
		try {
			const tenant = limiterOn(inCluster, "tenant", gcra({ rate: per(2, HOUR_MS) }));
			const user = limiterOn(inCluster, "user", slidingLog({ limit: 5, windowMs: HOUR_MS }));
			const both = combine(tenant, user);
			for (const acme of [freshSubject(), freshSubject(), freshSubject(), freshSubject()]) {
				const calls = [{ subject: acme }, { subject: [acme, "user:1"] }] as const;
				expect((await both.limit(calls)).allowed).toBe(true);
				expect((await both.limit(calls)).allowed).toBe(true);
				expect((await both.limit(calls)).violated).toEqual(["tenant"]);
				expect(await user.peek([acme, "user:1"])).toMatchObject({ remaining: 3 });
			}
			await expect(both.limit([{ subject: "acme" }, { subject: "globex" }])).rejects.toMatchObject({
				...{ code: "RK_CROSS_SLOT", outcome: "not-sent" },
			});
		} finally {
			await inCluster.close();
		}
	});
});
