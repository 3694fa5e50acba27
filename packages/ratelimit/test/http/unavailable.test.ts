import type { RedisPort } from "@rk/client";
import { connect } from "@rk/ioredis";
import { startServer } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
	combine,
	createRateLimiter,
	fallback,
	gcra,
	memory,
	type OnUnavailable,
	perMinute,
	type RateLimiter,
	type RateLimiterOptions,
} from "../../src/index.ts";
import { frameworks } from "./services.ts";

let redis: RedisPort;

beforeAll(async () => {
	const server = await startServer({ owned: true });
	redis = await connect({ url: server.url });
	await server.stop();
});
afterAll(() => redis.close({ graceMs: 0 }));

function limiterOptions(onUnavailable: OnUnavailable): RateLimiterOptions {
	return { name: "down", algorithm: gcra({ rate: perMinute(1), burst: 2 }), onUnavailable };
}

function limiterThat(onUnavailable: OnUnavailable): RateLimiter {
	return createRateLimiter(redis, limiterOptions(onUnavailable));
}

describe.each(frameworks)("while Redis is down, $name", ({ start }) => {
	test("answers 503, not 429, where the limiter denies", async () => {
		const url = await start([[limiterThat("deny"), {}]]);
		const denied = await fetch(`${url}/status/200`);
		expect(denied.status).toBe(503);
		expect(denied.headers.get("content-type")).toMatch(/^application\/problem\+json/);
		expect(Number(denied.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
		expect(denied.headers.get("ratelimit-policy")).toBe('"down";q=2;w=120');
		expect(denied.headers.get("ratelimit")).toBeNull();
		expect(await denied.json()).toEqual({
			type: "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity",
			title: "Request cannot be satisfied due to temporary server capacity constraints",
			status: 503,
		});
	});

	test("serves where the limiter allows, and does not pretend to know what is left", async () => {
		const url = await start([[limiterThat("allow"), { charge: "failures", legacyHeaders: true }]]);
		for (let i = 0; i < 4; i += 1) {
			const response = await fetch(`${url}/status/200`);
			expect(response.status).toBe(200);
			expect(response.headers.get("ratelimit-policy")).toBe('"down";q=2;w=120');
			expect(response.headers.get("ratelimit")).toBeNull();
			expect(response.headers.get("x-ratelimit-remaining")).toBeNull();
		}
	});

	test("gives the limiter's error to its error handler where the limiter throws", async () => {
		const url = await start([[limiterThat("throw"), {}]]);
		const response = await fetch(`${url}/status/200`);
		expect([response.status, await response.json()]).toEqual([500, { code: "RK_RATELIMIT_UNAVAILABLE" }]);
	});

	test("answers for a combined limiter as each of its limiters is to", async () => {
		const calls = (user: string) => [{ subject: user }, { subject: ["nobody", "all"] as const }];
		const allow = limiterThat("allow");
		const deny = createRateLimiter(redis, { ...limiterOptions("deny"), name: "other" });
		const url = await start([[combine(allow, deny), { calls }]]);
		const denied = await fetch(`${url}/status/200`);
		expect(denied.status).toBe(503);
		expect(denied.headers.get("ratelimit-policy")).toBe('"down";q=2;w=120, "other";q=2;w=120');
		expect(denied.headers.get("ratelimit")).toBeNull();
	});

	test("counts in memory, refunds included, where the limiter falls back to that", async () => {
		const limiter = limiterThat(fallback(memory({ share: 1 })));
		const refund = vi.spyOn(limiter, "refund");
		const url = await start([[limiter, { charge: "failures" }]]);
		const statuses: number[] = [];
		for (const status of [200, 200, 200, 401, 401, 401]) {
			statuses.push((await fetch(`${url}/status/${status}`)).status);
			if (status === 200) await vi.waitFor(() => expect(refund).toHaveBeenCalledTimes(statuses.length));
			await Promise.all(refund.mock.results.map(({ value }) => value));
		}
		expect(statuses).toEqual([200, 200, 200, 401, 401, 429]);
	});
});
