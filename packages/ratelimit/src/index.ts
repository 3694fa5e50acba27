export type { Algorithm } from "./algorithm.ts";
export type { RateLimitMessage } from "./channel.ts";
export { type CombinedCall, type CombinedDecision, type CombinedLimiter, combine } from "./combine.ts";
export { createRateLimiter } from "./create-rate-limiter.ts";
export type { Allowed, Decision, DecisionSource, DenialReason, Denied, Policy } from "./decision.ts";
export {
	RateLimitError,
	RateLimitStateError,
	RateLimitUnavailableError,
	type Unavailability,
} from "./errors.ts";
export type { LimiterEvents } from "./events.ts";
export { type Fallback, fallback, type Memory, type MemoryOptions, memory } from "./fallback.ts";
export { type FixedWindow, type FixedWindowOptions, fixedWindow } from "./fixed-window.ts";
export { type Gcra, type GcraOptions, gcra } from "./gcra.ts";
export type { BlockOptions, LimitOptions, RateLimiter, Subject } from "./limiter.ts";
export type { OnUnavailable, RateLimiterOptions } from "./options.ts";
export { per, perDay, perHour, perMinute, perSecond, type Rate } from "./rate.ts";
export { type SlidingCounter, type SlidingCounterOptions, slidingCounter } from "./sliding-counter.ts";
export { type SlidingLog, type SlidingLogOptions, slidingLog } from "./sliding-log.ts";
export { type TokenBucketOptions, tokenBucket } from "./token-bucket.ts";
