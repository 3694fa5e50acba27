import { connect } from "@rk/ioredis";
import { createRateLimiter, gcra, perMinute } from "@rk/ratelimit";
import { fastifyRateLimit } from "@rk/ratelimit/fastify";
import { ipKey } from "@rk/ratelimit/http";
import Fastify from "fastify";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const searches = createRateLimiter(redis, {
	name: "searches",
	algorithm: gcra({ rate: perMinute(30), burst: 2 }),
	onUnavailable: "allow",
	timeoutMs: 1_000,
});

const app = Fastify();
// For all routes: app.addHook("onRequest", limit)
const limit = fastifyRateLimit(searches, { key: (request) => ipKey(request.ip), legacyHeaders: true });
app.get("/search", { onRequest: limit }, async () => "found");

const url = `${await app.listen({ port: 0, host: "127.0.0.1" })}/search`;
await searches.reset(ipKey("127.0.0.1")); // whatever an earlier run has left

const found = await fetch(url);
console.log(await found.text(), found.headers.get("RateLimit")); // found "searches";r=1;t=2
console.log(found.headers.get("X-RateLimit-Remaining")); // 1

await app.close();
await redis.close();
