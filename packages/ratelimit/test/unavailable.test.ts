import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setTimeout as pause } from "node:timers/promises";
import { ServerError } from "@rk/client";
import { startServer, type TestServer } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
	combine,
	createRateLimiter,
	type Decision,
	fallback,
	gcra,
	memory,
	type OnUnavailable,
	per,
	type RateLimiter,
	RateLimitUnavailableError,
} from "../src/index.ts";
import { unavailability } from "../src/unavailability.ts";
import { type Adapter, adapters, freshSubject, open } from "./adapters.ts";

/** How long Redis is stopped under load, in milliseconds; RK_OUTAGE_MS=10000 is the long run. */
const OUTAGE_MS = Number(process.env["RK_OUTAGE_MS"] ?? 1_500);
const TIMEOUT_MS = 100;
const HOUR_MS = 3_600_000;

let server: TestServer;
beforeAll(async () => {
	server = await startServer({ owned: true });
});
afterAll(() => server.stop());

const limiterOf = async (adapter: Adapter, onUnavailable: OnUnavailable, limit = 8): Promise<RateLimiter> => {
	const redis = await open(adapter, server.url);
	const algorithm = gcra({ rate: per(limit, HOUR_MS) });
	return createRateLimiter(redis, {
		...{ name: "api", algorithm, onUnavailable, timeoutMs: TIMEOUT_MS, breakerMs: 200 },
	});
};

async function frozen(work: () => Promise<void>): Promise<void> {
	await server.freeze();
	try {
		await work();
	} finally {
		await server.thaw();
	}
}

describe.each(adapters)("over $name", (adapter) => {
	test("throw: the error says why, and that the call may have been counted", async () => {
		const api = await limiterOf(adapter, "throw");
		await api.limit(freshSubject());
		await frozen(async () => {
			const error: unknown = await api.limit(freshSubject()).catch((caught: unknown) => caught);
			expect(error).toBeInstanceOf(RateLimitUnavailableError);
			expect(error).toMatchObject({ kind: "timeout", limiter: "api", cause: { outcome: "unknown" } });
		});
	});

	test("allow and deny: the decision says that nobody counted", async () => {
		const [open, shut] = [await limiterOf(adapter, "allow"), await limiterOf(adapter, "deny")];
		await frozen(async () => {
			expect(await open.limit("a")).toMatchObject({ allowed: true, source: "policy", remaining: 0 });
			expect(await open.limitUpTo("a", 5)).toMatchObject({ allowed: true, granted: 5, source: "policy" });
			const denied = await shut.limit("a");
			expect(denied).toMatchObject({ allowed: false, source: "policy", reason: "unavailable" });
			expect(denied.retryAfterMs).toBeGreaterThanOrEqual(1);
		});
	});

	// Broken on purpose: `breakerMs` told all the time.
	test("deny: when to come back is when Redis is asked next", async () => {
		let nowMs = 0;
		const redis = await open(adapter, server.url);
		const shut = createRateLimiter(redis, {
			...{ name: "shut", algorithm: gcra({ rate: per(8, HOUR_MS) }), onUnavailable: "deny" },
			...{ timeoutMs: 20, breakerMs: 1_000, clock: () => nowMs },
		});
		await frozen(async () => {
			for (let i = 0; i < 6; i++) expect(await shut.limit("a")).toMatchObject({ retryAfterMs: 1_000 });
			nowMs = 400;
			expect(await shut.limit("a")).toMatchObject({ retryAfterMs: 600 });
		});
	});

	// Broken on purpose: what the abort made taken for a failure of Redis.
	test("a call that is aborted under way rejects with the signal's reason, and says nothing of Redis", async () => {
		const api = await limiterOf(adapter, "allow");
		const told: unknown[] = [];
		api.on("unavailable", (info) => told.push(info));
		const reason = new Error("the client went away");
		await frozen(async () => {
			const abort = new AbortController();
			const call = api.limit(freshSubject(), { signal: abort.signal });
			abort.abort(reason);
			await expect(call).rejects.toBe(reason);
		});
		expect(told).toEqual([]);
	});

	test("a decision that the server did not make is told without the server's time", async () => {
		const api = await limiterOf(adapter, "allow");
		const messages: unknown[] = [];
		const note = (message: unknown): unknown => messages.push(message);
		subscribe("rk:ratelimit", note);
		onTestFinished(() => void unsubscribe("rk:ratelimit", note));
		await frozen(() => api.limit("a").then(() => {}));
		const decision = { allowed: true, source: "policy" };
		expect(messages).toMatchObject([
			{ type: "unavailable" },
			{ type: "decision", key: "rl:{a}:api", decision },
		]);
		expect(messages[1]).not.toHaveProperty("serverTimeUs");
	});

	test("fallback: this process counts by its share, refunds included", async () => {
		const api = await limiterOf(adapter, fallback(memory({ share: 1 / 4 })));
		const subject = freshSubject();
		await frozen(async () => {
			const decisions: Decision[] = [];
			for (let i = 0; i < 3; i++) decisions.push(await api.limit(subject));
			expect(decisions.map(({ allowed }) => allowed)).toEqual([true, true, false]);
			expect(decisions[2]).toMatchObject({ source: "fallback", reason: "limited", limit: 2 });
			await api.refund(subject, 1);
			expect(await api.limit(subject)).toMatchObject({ allowed: true, source: "fallback" });
			await api.refund(subject, 2);
			const some = { allowed: true, granted: 2, cost: 5, source: "fallback" };
			expect(await api.limitUpTo(subject, 5)).toMatchObject(some);
			const none = await api.limitUpTo(subject, 5);
			expect(none).toMatchObject({ allowed: false, granted: 0, reason: "limited", source: "fallback" });
		});
	});

	test("combined limits are all or nothing in the fallback too", async () => {
		const redis = await open(adapter, server.url);
		const [wide, narrow] = [4, 1].map((limit) =>
			createRateLimiter(redis, {
				name: `limit-${limit}`,
				algorithm: gcra({ rate: per(limit, HOUR_MS) }),
				onUnavailable: fallback(memory({ share: 1 })),
				timeoutMs: 50,
			}),
		);
		if (wide === undefined || narrow === undefined) throw new Error("No limiters");
		const both = combine(wide, narrow);
		const calls = [{ subject: "acme" }, { subject: "acme" }] as const;
		await frozen(async () => {
			expect(await both.limit(calls)).toMatchObject({ allowed: true });
			const second = await both.limit(calls);
			expect(second).toMatchObject({ allowed: false, violated: ["limit-1"] });
			expect(second.decisions[0]).toMatchObject({ allowed: true, granted: 0, remaining: 3 });
		});
	});

	// Broken on purpose: `denied` left out in decideInMemory: the fallback counted a unit that was denied.
	test("of combined limits one that denies denies all, and one that throws throws, while Redis is away", async () => {
		const redis = await open(adapter, server.url);
		const named = (name: string, onUnavailable: OnUnavailable): RateLimiter =>
			createRateLimiter(redis, {
				...{ name, algorithm: gcra({ rate: per(4, HOUR_MS) }), onUnavailable, timeoutMs: 50 },
			});
		const counted = named("counted", fallback(memory({ share: 1 })));
		const [shut, free, loud] = [named("shut", "deny"), named("free", "allow"), named("loud", "throw")];
		const calls = [{ subject: "acme" }, { subject: "acme" }] as const;
		await frozen(async () => {
			const denied = await combine(counted, shut).limit(calls);
			expect(denied).toMatchObject({ allowed: false, violated: ["shut"] });
			expect(denied.decisions[0]).toMatchObject({ granted: 0, remaining: 4, source: "fallback" });
			const allowed = await combine(counted, free).limit(calls);
			expect(allowed).toMatchObject({ allowed: true, retryAfterMs: 0, violated: [] });
			expect(allowed.decisions.map(({ source }) => source)).toEqual(["fallback", "policy"]);
			expect(allowed.decisions[0]).toMatchObject({ remaining: 3 });
			await expect(combine(counted, loud).limit(calls)).rejects.toMatchObject({ kind: "timeout" });
		});
	});

	// Broken on purpose: the deadline left out; 50 ms added to it; the breaker left out.
	test("under load with Redis stopped every call settles in time by policy, few have to wait, and none is denied for it", async () => {
		const api = await limiterOf(adapter, "allow", 1_000_000_000);
		const told: string[] = [];
		api.on("unavailable", ({ error }) => told.push(error.kind));
		api.on("recovered", () => told.push("recovered"));
		const rejections: unknown[] = [];
		const note = (error: unknown): unknown => rejections.push(error);
		process.on("unhandledRejection", note);
		onTestFinished(() => {
			process.off("unhandledRejection", note);
		});

		await api.limit("warm");
		const calls: Promise<{ readonly decision: Decision; readonly tookMs: number }>[] = [];
		const call = async (subject: string): Promise<{ decision: Decision; tookMs: number }> => {
			const askedAt = performance.now();
			const decision = await api.limit(subject);
			return { decision, tookMs: performance.now() - askedAt };
		};
		// How much later than asked for this very process wakes, which is no doing of the limiter.
		let lateMs = 0;
		const STEP_MS = 10;
		const stepped = async (): Promise<void> => {
			const tickedAt = performance.now();
			await pause(STEP_MS);
			lateMs = Math.max(lateMs, performance.now() - tickedAt - STEP_MS);
		};
		const end = performance.now() + OUTAGE_MS;
		await frozen(async () => {
			while (performance.now() < end) {
				for (let i = 0; i < 5; i++) calls.push(call(`user-${i}`));
				await stepped();
			}
			let settled = false;
			const all = Promise.all(calls).finally(() => {
				settled = true;
			});
			while (!settled && performance.now() < end + 5_000) await stepped();
			expect(settled).toBe(true);
			const answers = await all;
			const longest = Math.max(...answers.map(({ tookMs }) => tookMs));
			expect(longest).toBeLessThanOrEqual(TIMEOUT_MS + 20 + lateMs + STEP_MS);
			expect(answers.filter(({ tookMs }) => tookMs > TIMEOUT_MS / 2).length).toBeLessThan(calls.length / 2);
			expect(answers.every(({ decision }) => decision.allowed && decision.source === "policy")).toBe(true);
		});
		await expect.poll(async () => (await api.limit("warm")).source).toBe("redis");
		expect(told[0]).toBe("timeout");
		expect(told.at(-1)).toBe("recovered");
		expect(rejections).toEqual([]);
	});

	// Broken on purpose: 500 failures for 5.
	test("after five failures Redis is asked once a pause, and decides again when it answers", async () => {
		let nowMs = 1_000_000;
		const redis = await open(adapter, server.url);
		const api = createRateLimiter(redis, {
			name: "breaker",
			algorithm: gcra({ rate: per(8, HOUR_MS) }),
			onUnavailable: "throw",
			timeoutMs: 20,
			breakerMs: 1_000,
			clock: () => nowMs,
		});
		const kind = (): Promise<unknown> =>
			api.limit("a").then(
				({ source }) => source,
				(error: unknown) => (error instanceof RateLimitUnavailableError ? error.kind : error),
			);
		await frozen(async () => {
			for (let i = 0; i < 5; i++) expect(await kind()).toBe("timeout");
			expect(await kind()).toBe("breaker");
			nowMs += 1_000;
			expect(await kind()).toBe("timeout");
			expect(await kind()).toBe("breaker");
		});
		expect(await kind()).toBe("breaker");
		nowMs += 1_000;
		const later = (): Promise<unknown> => {
			nowMs += 1_000;
			return kind();
		};
		await expect.poll(later).toBe("redis");
		expect(await kind()).toBe("redis");
	});

	// Broken on purpose: RK_CLOSED taken for a lost connection: all was allowed; the breaker left as it was: so were all calls but the first.
	test("who goes on asking after the port was closed is told so, whatever onUnavailable says", async () => {
		let nowMs = 1_000_000;
		const redis = await open(adapter, server.url);
		const api = createRateLimiter(redis, {
			...{ name: "closed", algorithm: gcra({ rate: per(8, HOUR_MS) }), onUnavailable: "allow" },
			...{ timeoutMs: 20, clock: () => nowMs },
		});
		await frozen(async () => {
			for (let i = 0; i < 6; i++) expect(await api.limit("a")).toMatchObject({ source: "policy" });
		});
		await redis.close();
		nowMs += 1_000;
		const closed = { code: "RK_CLOSED" };
		for (let i = 0; i < 3; i++) await expect(api.limit("a")).rejects.toMatchObject(closed);
		await expect(api.refund("a", 1)).rejects.toMatchObject(closed);
		await expect(combine(api).limit([{ subject: "a" }])).rejects.toMatchObject(closed);
	});

	test("a server that refuses says unavailable, not denied", async () => {
		const api = await limiterOf(adapter, "throw");
		await server.command("CONFIG", "SET", "maxmemory", "1");
		onTestFinished(async () => {
			await server.command("CONFIG", "SET", "maxmemory", "0");
		});
		await expect(api.limit(freshSubject())).rejects.toMatchObject({
			...{ code: "RK_RATELIMIT_UNAVAILABLE", kind: "oom", cause: { outcome: "refused" } },
		});
	});

	test("a connection that is lost says so", async () => {
		const lost = await startServer({ owned: true });
		onTestFinished(() => lost.stop());
		const algorithm = gcra({ rate: per(8, HOUR_MS) });
		const api = createRateLimiter(await open(adapter, lost.url), {
			...{ name: "api", algorithm, onUnavailable: "throw", timeoutMs: 10_000 },
		});
		await lost.freeze();
		const unavailable = { code: "RK_RATELIMIT_UNAVAILABLE", kind: "connection" };
		const told = expect(api.limit("a")).rejects.toMatchObject(unavailable);
		await lost.stop();
		await told;
	});
});

// Broken on purpose: each of these taken out of the table.
test.each([
	["READONLY You can't write against a read only replica.", "readonly"],
	["NOREPLICAS Not enough good replicas to write.", "readonly"],
	["MISCONF Redis is configured to save RDB snapshots", "readonly"],
	["OOM command not allowed when used memory > 'maxmemory'.", "oom"],
	["LOADING Redis is loading the dataset in memory", "loading"],
	["MASTERDOWN Link with MASTER is down", "loading"],
	["CLUSTERDOWN The cluster is down", "cluster"],
	["TRYAGAIN Multiple keys request during rehashing of slot", "cluster"],
	["MOVED 3999 127.0.0.1:6381", "cluster"],
	["ASK 3999 127.0.0.1:6381", "cluster"],
	["BUSY Redis is busy running a script.", "script"],
	["UNKILLABLE Sorry the script already executed write commands", "script"],
	["ERR something else", "server"],
	["RKSTATE the key holds a value", undefined],
] as const)("the refusal %j is of the kind %s", (reply, kind) => {
	expect(unavailability(new ServerError(reply))).toBe(kind);
});
