import { InvalidArgumentError } from "@rk/client";
import type { Allowed } from "./decision.ts";
import type { RateLimitUnavailableError } from "./errors.ts";
import type { Subject } from "./limiter.ts";

/** What a limiter tells its listeners, by the name of the event. */
export interface LimiterEvents {
	/** A subject has used the part `nearLimit` of its limit, by this decision: told when it gets there, not while it stays. */
	readonly nearLimit: { readonly subject: Subject; readonly decision: Allowed };
	/** Redis could not decide, for the first time since it last could. */
	readonly unavailable: { readonly error: RateLimitUnavailableError };
	/** Redis decides again. */
	readonly recovered: { readonly unavailableMs: number };
}

type Listeners = { readonly [E in keyof LimiterEvents]: Set<(info: LimiterEvents[E]) => void> };

/** A limiter's listeners. */
export class Events {
	readonly #listeners: Listeners = { nearLimit: new Set(), unavailable: new Set(), recovered: new Set() };

	on<E extends keyof LimiterEvents>(event: E, listener: (info: LimiterEvents[E]) => void): () => void {
		const listeners = Object.hasOwn(this.#listeners, event) ? this.#listeners[event] : undefined;
		if (listeners === undefined)
			throw new InvalidArgumentError("event", event, `one of ${Object.keys(this.#listeners).join(", ")}`);
		if (typeof listener !== "function") throw new InvalidArgumentError("listener", listener, "a function");
		const own = (info: LimiterEvents[E]): void => listener(info);
		listeners.add(own);
		return () => listeners.delete(own);
	}

	emit<E extends keyof LimiterEvents>(event: E, info: LimiterEvents[E]): void {
		for (const listener of this.#listeners[event]) {
			try {
				listener(info);
			} catch (error) {
				process.emitWarning(`A listener of ${event} threw: ${String(error)}`, { code: "RK_LISTENER_ERROR" });
			}
		}
	}
}
