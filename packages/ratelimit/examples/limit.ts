import { connect } from "@rk/ioredis";
import { createRateLimiter, gcra, perSecond } from "@rk/ratelimit";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const api = createRateLimiter(redis, {
	name: "api",
	algorithm: gcra({ rate: perSecond(10), burst: 20 }),
	onUnavailable: "allow", // while Redis cannot decide
});

const decision = await api.limit("user:42");
console.log(decision.allowed, decision.remaining); // true 19

const bulk = await api.limit("user:42", { cost: 20 });
if (!bulk.allowed) console.log(bulk.reason, bulk.retryAfterMs !== null); // limited true

await api.reset("user:42");
await redis.close();
