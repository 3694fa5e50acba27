import { subscribe } from "node:diagnostics_channel";
import { setTimeout as pause } from "node:timers/promises";
import { connect } from "@rk/ioredis";
import { createRateLimiter, gcra, perSecond, type RateLimitMessage, slidingLog } from "../../src/index.ts";

/** One of several processes that ask the same limits for some time, and tells when it asked and what it got. */
const [url = "", seconds = ""] = process.argv.slice(2);
const redis = await connect({ url });
const limiters = [
	{ name: "ten", algorithm: gcra({ rate: perSecond(10), burst: 20 }) },
	{ name: "three", algorithm: gcra({ rate: perSecond(3), burst: 3 }) },
	{ name: "log", algorithm: slidingLog({ limit: 15, windowMs: 1_000 }) },
].map((options) => createRateLimiter(redis, { ...options, onUnavailable: "throw", timeoutMs: 10_000 }));

/** By limiter: the server's time of every call, and the units it allowed. */
const told: Record<string, [number, number][]> = {};
const isMessage = (message: unknown): message is RateLimitMessage =>
	typeof message === "object" && message !== null && "type" in message;
subscribe("rk:ratelimit", (message) => {
	if (!isMessage(message) || message.type !== "decision" || message.serverTimeUs === undefined) return;
	const { limiter, decision, serverTimeUs } = message;
	told[limiter] ??= [];
	told[limiter].push([serverTimeUs, decision.granted]);
});

const end = performance.now() + Number(seconds) * 1_000;
while (performance.now() < end) {
	await Promise.all(limiters.map((limiter) => limiter.limit("everybody")));
	await pause(1);
}
await redis.close();
process.stdout.write(JSON.stringify(told));
