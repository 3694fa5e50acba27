import { makeKey } from "@rk/client";
import { createRateLimiter, gcra, perMinute } from "@rk/ratelimit";
import { check, type Step } from "../step.ts";

export const limit: Step = {
	title: "lets exactly as many through as it says",
	async run({ redis, prefix }) {
		const limiter = createRateLimiter(redis, {
			prefix: makeKey(...prefix, "limits"),
			name: "buyers",
			algorithm: gcra({ rate: perMinute(1), burst: 10 }),
			onUnavailable: "throw",
			timeoutMs: 5_000,
		});
		const buyers = await Promise.all(Array.from({ length: 100 }, () => limiter.limit("ada")));
		const admitted = buyers.filter(({ allowed }) => allowed).length;
		check(admitted === 10, "of 100 calls at once, 10 are admitted");
		const denied = await limiter.limit("ada");
		const waitMs = denied.retryAfterMs ?? 0;
		check(!denied.allowed && waitMs > 50_000 && waitMs <= 60_000, "a denied call is told when to come back");
		await limiter.reset("ada");
		return [`100 calls at once, burst of 10: ${admitted} admitted`, "the next may come back within a minute"];
	},
};
