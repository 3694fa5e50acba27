import { type HttpBindings, serve } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import { connect } from "@rk/ioredis";
import { createRateLimiter, gcra, perHour } from "@rk/ratelimit";
import { honoRateLimit } from "@rk/ratelimit/hono";
import { ipKey } from "@rk/ratelimit/http";
import { type Context, Hono } from "hono";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const uploads = createRateLimiter(redis, {
	name: "uploads",
	algorithm: gcra({ rate: perHour(1_000_000), burst: 100_000 }),
	onUnavailable: "deny",
	timeoutMs: 1_000,
});

const app = new Hono<{ Bindings: HttpBindings }>();
app.use(
	honoRateLimit(uploads, {
		key: (context: Context) => ipKey(getConnInfo(context).remote.address),
		// A request costs its bytes; who sends none, or does not say how many, pays for one.
		cost: (context) => Math.max(1, Number(context.req.header("content-length") ?? 1)),
		quotaUnit: "content-bytes",
	}),
);
app.post("/upload", (context) => context.text("stored"));

const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
await new Promise((resolve) => server.once("listening", resolve));
const address = server.address();
const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/upload`;
await uploads.reset(ipKey("127.0.0.1")); // whatever an earlier run has left

const first = await fetch(url, { method: "POST", body: "x".repeat(60_000) });
console.log(first.status, first.headers.get("RateLimit-Policy")); // 200 "uploads";q=100000;w=360;qu="content-bytes"
const second = await fetch(url, { method: "POST", body: "x".repeat(60_000) });
console.log(second.status); // 429

server.close();
await redis.close();
