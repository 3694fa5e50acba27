import type { RedisPort } from "@rk/client";
import { connect as connectIoredis } from "@rk/ioredis";
import { connect as connectNodeRedis } from "@rk/node-redis";
import { parseList } from "structured-headers";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import type { Charge } from "../../src/http/index.ts";
import {
	type Algorithm,
	combine,
	createRateLimiter,
	gcra,
	perHour,
	perMinute,
	type RateLimiter,
} from "../../src/index.ts";
import { frameworks } from "./services.ts";

/** Every framework over one adapter, and one framework over the other: the gate knows neither. */
const suites = [
	...frameworks.map((framework) => ({ ...framework, over: "ioredis", connect: connectIoredis })),
	...frameworks
		.slice(1, 2)
		.map((framework) => ({ ...framework, over: "node-redis", connect: connectNodeRedis })),
];

let names = 0;

/** A limiter that shares no key with another: 3 at once, and one more each minute. */
function limiterOn(
	redis: RedisPort,
	algorithm: Algorithm = gcra({ rate: perMinute(1), burst: 3 }),
): RateLimiter {
	names += 1;
	// A busy machine may take longer than the 100 ms of the default, which would be a failure of another kind.
	return createRateLimiter(redis, {
		name: `http-${process.pid}-${names}`,
		algorithm,
		onUnavailable: "throw",
		timeoutMs: 10_000,
	});
}

/** A number of seconds that was right a moment ago, however long a busy machine takes. */
function at(seconds: number): unknown {
	return expect.toSatisfy((told: number) => told > seconds - 30 && told <= seconds, `about ${seconds}`);
}

/** The members of a header field that is a list, with their parameters. */
function membersOf(response: Response, field: string): unknown[] {
	const list = parseList(response.headers.get(field) ?? "");
	return list.map(([name, parameters]) => [name, Object.fromEntries(parameters)]);
}

function retryAfter(response: Response): number {
	return Number(response.headers.get("retry-after") ?? Number.NaN);
}

function as(user: string, more: Record<string, string> = {}): RequestInit {
	return { headers: { "x-user": user, ...more } };
}

describe.each(suites)("$name over $over", ({ start, connect }) => {
	let redis: RedisPort;
	beforeAll(async () => {
		redis = await connect({ url: inject("redisUrl") });
	});
	afterAll(() => redis.close());

	test("lets through what the limit allows, and answers the rest with a problem", async () => {
		const limiter = limiterOn(redis);
		const { name } = limiter.policy;
		const url = await start([[limiter, {}]]);
		for (const left of [2, 1, 0]) {
			const response = await fetch(`${url}/status/200`, as("ada"));
			expect(response.status).toBe(200);
			expect(await response.text()).toBe("handled");
			expect(response.headers.get("ratelimit-policy")).toBe(`"${name}";q=3;w=180`);
			expect(membersOf(response, "ratelimit")).toEqual([[name, { r: left, t: at((3 - left) * 60) }]]);
			expect(response.headers.get("retry-after")).toBeNull();
		}
		const denied = await fetch(`${url}/status/200`, as("ada"));
		expect(denied.status).toBe(429);
		expect(denied.headers.get("content-type")).toMatch(/^application\/problem\+json/);
		expect(retryAfter(denied)).toEqual(at(60));
		expect(denied.headers.get("ratelimit-policy")).toBe(`"${name}";q=3;w=180`);
		expect(membersOf(denied, "ratelimit")).toEqual([[name, { r: 0, t: retryAfter(denied) }]]);
		expect(await denied.json()).toEqual({
			type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
			title: "Request cannot be satisfied as assigned quota has been exceeded",
			status: 429,
			"violated-policies": [name],
		});
		expect((await fetch(`${url}/status/200`, as("bob"))).status).toBe(200);
	});

	// Broken on purpose: a gate that only looks (peek) lets 20 through.
	test("admits exactly the limit of requests that come at once", async () => {
		const limiter = limiterOn(redis);
		const url = await start([[limiter, {}]]);
		const all = Array.from({ length: 20 }, () => fetch(`${url}/status/200`, as("ada")));
		const statuses = (await Promise.all(all)).map(({ status }) => status);
		expect(statuses.filter((status) => status === 200)).toHaveLength(3);
		expect(statuses.filter((status) => status === 429)).toHaveLength(17);
	});

	test("tells where the client stands whatever the response is", async () => {
		const limiter = limiterOn(redis);
		const url = await start([[limiter, {}]]);
		const empty = await fetch(`${url}/status/204`, as("ada"));
		expect(empty.status).toBe(204);
		expect(membersOf(empty, "ratelimit")).toEqual([[limiter.policy.name, { r: 2, t: at(60) }]]);
		const missing = await fetch(`${url}/status/404`, as("ada"));
		expect(missing.status).toBe(404);
		expect(membersOf(missing, "ratelimit")).toEqual([[limiter.policy.name, { r: 1, t: at(120) }]]);
		const failed = await fetch(`${url}/throws`, as("ada"));
		expect(failed.status).toBe(500);
	});

	test("leaves alone the requests of nobody", async () => {
		const limiter = limiterOn(redis);
		const url = await start([[limiter, { key: (header) => header("x-user") ?? null }]]);
		for (let i = 0; i < 5; i += 1) {
			const response = await fetch(`${url}/status/200`);
			expect(response.status).toBe(200);
			expect(response.headers.get("ratelimit-policy")).toBeNull();
		}
	});

	test("charges what a request costs", async () => {
		const limiter = limiterOn(redis);
		const url = await start([[limiter, { cost: (header) => Number(header("x-cost")) }]]);
		const statuses: number[] = [];
		for (const cost of ["2", "2", "1", "1"]) {
			statuses.push((await fetch(`${url}/status/200`, as("ada", { "x-cost": cost }))).status);
		}
		expect(statuses).toEqual([200, 429, 200, 429]);
	});

	test("never promises a request that costs more than ever fits", async () => {
		const limiter = limiterOn(redis);
		const url = await start([[limiter, { cost: 4 }]]);
		const denied = await fetch(`${url}/status/200`, as("ada"));
		expect(denied.status).toBe(429);
		expect(denied.headers.get("retry-after")).toBeNull();
	});

	test("applies the limit of the request's own plan", async () => {
		const limiter = limiterOn(redis);
		const plan = gcra({ rate: perHour(5) });
		const url = await start([[limiter, { limit: () => plan }]]);
		const response = await fetch(`${url}/status/200`, as("ada"));
		expect(response.headers.get("ratelimit-policy")).toBe(`"${limiter.policy.name}";q=5;w=3600`);
		expect(membersOf(response, "ratelimit")).toEqual([[limiter.policy.name, { r: 4, t: at(720) }]]);
	});

	// Broken on purpose: without the memory of who has entered, 1 is left.
	test("charges a request once though it passes the limit twice", async () => {
		const limiter = limiterOn(redis);
		const url = await start([[limiter, {}]]);
		const response = await fetch(`${url}/twice`, as("ada"));
		expect([response.status, await response.text()]).toEqual([200, "handled"]);
		expect(membersOf(response, "ratelimit")).toEqual([[limiter.policy.name, { r: 2, t: at(60) }]]);
		expect((await limiter.peek("ada")).remaining).toBe(2);
	});

	test("tells of every limit that a request has passed, in one list", async () => {
		const [user, service] = [limiterOn(redis), limiterOn(redis, gcra({ rate: perHour(10), burst: 4 }))];
		const url = await start([
			[user, {}],
			[service, { key: () => "all" }],
		]);
		const response = await fetch(`${url}/status/200`, as("ada"));
		expect(membersOf(response, "ratelimit-policy")).toEqual([
			[user.policy.name, { q: 3, w: 180 }],
			[service.policy.name, { q: 4, w: 1440 }],
		]);
		expect(membersOf(response, "ratelimit")).toEqual([
			[user.policy.name, { r: 2, t: at(60) }],
			[service.policy.name, { r: 3, t: at(360) }],
		]);
		for (const name of ["bob", "eve", "joe"]) await fetch(`${url}/status/200`, as(name));
		const denied = await fetch(`${url}/status/200`, as("kim"));
		expect(retryAfter(denied)).toEqual(at(360));
		expect(await denied.json()).toMatchObject({ "violated-policies": [service.policy.name] });
		expect(membersOf(denied, "ratelimit")).toEqual([
			[user.policy.name, { r: 2, t: at(60) }],
			[service.policy.name, { r: 0, t: retryAfter(denied) }],
		]);
	});

	test("tells of every limit of a combined limiter, which charges all or none", async () => {
		const [user, service] = [limiterOn(redis), limiterOn(redis, gcra({ rate: perHour(10), burst: 4 }))];
		const url = await start([
			[combine(user, service), { calls: (name) => [{ subject: name }, { subject: "all" }] }],
		]);
		const response = await fetch(`${url}/status/200`, as("ada"));
		expect(response.status).toBe(200);
		expect(membersOf(response, "ratelimit-policy")).toEqual([
			[user.policy.name, { q: 3, w: 180 }],
			[service.policy.name, { q: 4, w: 1440 }],
		]);
		expect(membersOf(response, "ratelimit")).toEqual([
			[user.policy.name, { r: 2, t: at(60) }],
			[service.policy.name, { r: 3, t: at(360) }],
		]);
		for (const name of ["bob", "eve", "joe"]) await fetch(`${url}/status/200`, as(name));
		const denied = await fetch(`${url}/status/200`, as("kim"));
		expect(denied.status).toBe(429);
		expect(retryAfter(denied)).toEqual(at(360));
		expect(await denied.json()).toMatchObject({ "violated-policies": [service.policy.name] });
		expect(membersOf(denied, "ratelimit")).toEqual([
			[user.policy.name, { r: 3, t: 1 }],
			[service.policy.name, { r: 0, t: retryAfter(denied) }],
		]);
	});

	test("says of somebody who is blocked that it is for what they did", async () => {
		const limiter = limiterOn(redis);
		const url = await start([[limiter, {}]]);
		await limiter.block("ada", 90_000, { reason: "abuse" });
		const denied = await fetch(`${url}/status/200`, as("ada"));
		expect(denied.status).toBe(429);
		expect(retryAfter(denied)).toEqual(at(90));
		expect(await denied.json()).toEqual({
			type: "https://iana.org/assignments/http-problem-types#abnormal-usage-detected",
			title: "Request not satisfied due to detection of abnormal request pattern",
			status: 429,
			"violated-policies": [limiter.policy.name],
		});
	});

	test("hands a mistake in the application's functions to its error handler", async () => {
		const limiter = limiterOn(redis);
		const url = await start([[limiter, { cost: () => Number.NaN }]]);
		const response = await fetch(`${url}/status/200`, as("ada"));
		expect([response.status, await response.json()]).toEqual([500, { code: "RK_INVALID_ARGUMENT" }]);
	});

	describe("gives the charge back", () => {
		/** How much is left of 3 after a request that costs 2, once the refund, which nobody waits for, has arrived. */
		async function leftWith(charge: Charge, path: string): Promise<number> {
			const limiter = limiterOn(redis);
			const refund = vi.spyOn(limiter, "refund");
			const url = await start([[limiter, { charge, cost: 2 }]]);
			await (await fetch(`${url}${path}`, as("ada"))).text();
			// A refund is asked for when the response ends, before anything of the next request is read.
			await (await fetch(`${url}${path}`, as("bob"))).text();
			await Promise.all(refund.mock.results.map(({ value }) => value));
			return (await limiter.peek("ada")).remaining;
		}

		// Broken on purpose: a refund of 1 instead of the cost leaves 2; none leaves 1.
		test.each([
			["always", "/status/200", 1],
			["always", "/status/500", 1],
			["failures", "/status/200", 3],
			["failures", "/status/302", 3],
			["failures", "/status/401", 1],
			["failures", "/throws", 1],
			["successes", "/status/200", 1],
			["successes", "/status/400", 3],
			["successes", "/throws", 3],
		] as const)("charge %s, %s: %i left", async (charge, path, left) => {
			expect(await leftWith(charge, path)).toBe(left);
		});

		test("by the status, as a function decides", async () => {
			const onlyRejectedLogins = (status: number): boolean => status === 401;
			expect(await leftWith(onlyRejectedLogins, "/status/500")).toBe(3);
			expect(await leftWith(onlyRejectedLogins, "/status/401")).toBe(1);
		});
	});
});
