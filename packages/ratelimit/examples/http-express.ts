import { connect } from "@rk/ioredis";
import { createRateLimiter, gcra, perMinute, perSecond } from "@rk/ratelimit";
import { expressRateLimit } from "@rk/ratelimit/express";
import { ipKey } from "@rk/ratelimit/http";
import express from "express";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const requests = createRateLimiter(redis, {
	name: "requests",
	algorithm: gcra({ rate: perSecond(10), burst: 20 }),
	onUnavailable: "allow",
	timeoutMs: 1_000,
});
const logins = createRateLimiter(redis, {
	name: "logins",
	algorithm: gcra({ rate: perMinute(1), burst: 2 }),
	onUnavailable: "deny",
	timeoutMs: 1_000,
});

const app = express();
app.use(expressRateLimit(requests, { key: (request) => ipKey(request.ip) }));

// Only attempts that fail count; whoever logs in gets the charge back.
const attempts = expressRateLimit(logins, {
	key: (request) => ipKey(request.ip),
	charge: (status) => status === 401,
});
app.post("/login", attempts, (request, response) => {
	response.sendStatus(request.headers.authorization === "right" ? 204 : 401);
});

const server = app.listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
const address = server.address();
const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/login`;
await logins.reset(ipKey("127.0.0.1")); // whatever an earlier run has left

const right = await fetch(url, { method: "POST", headers: { authorization: "right" } });
console.log(right.status, right.headers.get("RateLimit-Policy")); // 204 "requests";q=20;w=2, "logins";q=2;w=120

const statuses: number[] = [];
for (let i = 0; i < 3; i += 1) statuses.push((await fetch(url, { method: "POST" })).status);
console.log(statuses); // [ 401, 401, 429 ]

const denied = await fetch(url, { method: "POST" });
console.log(denied.headers.get("Content-Type")); // application/problem+json
console.log(await denied.text()); // {"type":"https://iana.org/assignments/http-problem-types#quota-exceeded","title":"Request cannot be satisfied as assigned quota has been exceeded","status":429,"violated-policies":["logins"]}

server.closeAllConnections();
server.close();
await redis.close();
