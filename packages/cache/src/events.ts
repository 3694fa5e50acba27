import { channel } from "node:diagnostics_channel";
import type { WriteOperation } from "./errors.ts";

/** What happens in a cache; `type` tells which. Also on the diagnostics channel `rk:cache`, each with the cache's `namespace`. */
export type CacheEvent =
	/** A value was found: in this process (`l1`) or in Redis (`l2`); `stale`: past its time. */
	| { readonly type: "hit"; readonly key: string; readonly tier: "l1" | "l2"; readonly stale: boolean }
	| { readonly type: "miss"; readonly key: string }
	/** A loader ended well after `durationMs`. `stored`: its value is in Redis now, or in memory where there is no Redis. */
	| { readonly type: "load"; readonly key: string; readonly durationMs: number; readonly stored: boolean }
	| {
			readonly type: "load-failed";
			readonly key: string;
			readonly error: unknown;
			readonly background: boolean;
	  }
	/** A load's result was not written, since the key was invalidated meanwhile or the lease was lost. */
	| { readonly type: "fill-dropped"; readonly key: string }
	/** A loaded value is not to be cached: `undefined`, told so by its loader, too large, or no time to live. */
	| { readonly type: "skip"; readonly key: string; readonly reason: SkipReason }
	| { readonly type: "encode-error"; readonly key: string; readonly error: unknown }
	/** What is in Redis cannot be read, and counts as missing. */
	| { readonly type: "corrupt"; readonly key: string; readonly problem: string }
	/** Keys, or tags, or with `clear` all, were invalidated: by this process or, as `remote`, by another. */
	| {
			readonly type: "invalidated";
			readonly operation: WriteOperation;
			readonly names: readonly string[];
			readonly remote: boolean;
	  }
	/** Redis did not do what was asked, and a read went on without it. */
	| { readonly type: "l2-error"; readonly operation: string; readonly error: unknown }
	| { readonly type: "breaker"; readonly state: "open" | "half-open" | "closed" }
	/** `down`: invalidations of other processes may be missed, so that memory is not used until it is `up`. */
	| { readonly type: "bus"; readonly state: "up" | "down"; readonly error?: unknown }
	/** A message on the bus could not be read: memory was cleared. */
	| { readonly type: "bus-malformed" }
	/** With `onInvalidationFailure: "queue"`: how many wait for Redis now. */
	| { readonly type: "queued"; readonly operation: WriteOperation; readonly waiting: number }
	/** `close()` was called, or the queue was full: these invalidations were never confirmed. */
	| {
			readonly type: "queue-lost";
			readonly keys: readonly string[];
			readonly tags: readonly string[];
			readonly clear: boolean;
	  };

export type SkipReason = "undefined" | "asked" | "too-large" | "ttl";

export type CacheListener = (event: CacheEvent) => void;

const diagnostics = channel("rk:cache");

/** Tells those who want to know. */
export class Events {
	readonly #namespace: string;
	readonly #listener: CacheListener | undefined;

	constructor(namespace: string, listener: CacheListener | undefined) {
		this.#namespace = namespace;
		this.#listener = listener;
	}

	/** Somebody listens: an event is worth making. */
	get wanted(): boolean {
		return this.#listener !== undefined || diagnostics.hasSubscribers;
	}

	/** What a listener throws becomes a process warning: it must not look like the failure of a read. */
	emit(event: CacheEvent): void {
		if (diagnostics.hasSubscribers) diagnostics.publish({ ...event, namespace: this.#namespace });
		try {
			this.#listener?.(event);
		} catch (error) {
			const warning = new Error(`onEvent threw: ${error instanceof Error ? error.message : String(error)}`, {
				cause: error,
			});
			process.emitWarning(Object.assign(warning, { name: "RkWarning", code: "RK_LISTENER_ERROR" }));
		}
	}
}
