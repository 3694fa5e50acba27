import { connect } from "@rk/ioredis";
import { combine, createRateLimiter, fallback, gcra, memory, perMinute, slidingLog } from "@rk/ratelimit";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const common = {
	onUnavailable: fallback(memory({ share: 1 / 4 })), // four processes count for themselves, a quarter each
	timeoutMs: 1_000,
};
const perTenant = createRateLimiter(redis, {
	...{ name: "tenant", algorithm: gcra({ rate: perMinute(600), burst: 100 }), ...common },
});
const perUser = createRateLimiter(redis, {
	...{ name: "user", algorithm: slidingLog({ limit: 2, windowMs: 60_000 }), ...common },
});

// The first part of the subject decides the slot in a cluster: here, the tenant.
const both = combine(perTenant, perUser);
const calls = [{ subject: "acme" }, { subject: ["acme", "user:42"] }] as const;
await both.limit(calls);
await both.limit(calls);
const third = await both.limit(calls);
console.log(third.allowed, third.violated); // false [ 'user' ]

// What one of them denied was charged to none.
console.log((await perTenant.peek("acme")).remaining >= 98); // true

await Promise.all([perTenant.reset("acme"), perUser.reset(["acme", "user:42"])]);
await redis.close();
