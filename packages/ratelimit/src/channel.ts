import { channel } from "node:diagnostics_channel";
import type { Operation } from "./algorithm.ts";
import type { Decision } from "./decision.ts";
import type { LimiterEvents } from "./events.ts";

/** What goes over `node:diagnostics_channel`, on the channel `rk:ratelimit`; made only where somebody subscribed. */
export type RateLimitMessage =
	| {
			readonly type: "decision";
			readonly limiter: string;
			readonly operation: Operation;
			/** The key in Redis. */
			readonly key: string;
			readonly decision: Decision;
			/** The server's time of it, in microseconds since 1970; left out where the server did not decide. */
			readonly serverTimeUs?: number;
	  }
	| ({ readonly type: "nearLimit"; readonly limiter: string } & LimiterEvents["nearLimit"])
	| ({ readonly type: "unavailable"; readonly limiter: string } & LimiterEvents["unavailable"])
	| ({ readonly type: "recovered"; readonly limiter: string } & LimiterEvents["recovered"]);

const messages = channel("rk:ratelimit");

export function publish(message: () => RateLimitMessage): void {
	if (messages.hasSubscribers) messages.publish(message());
}
