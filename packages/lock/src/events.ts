import { channel } from "node:diagnostics_channel";
import type { LockLostError } from "./errors.ts";

/** What happens to locks; `type` tells which. Also on the diagnostics channel `rk:lock`. */
export type LockEvent =
	/** Redis is asked for the lock. */
	| { readonly type: "attempt"; readonly key: string }
	/** Got after `waitMs`, at the `attempts`th time of asking. */
	| {
			readonly type: "acquired";
			readonly key: string;
			readonly waitMs: number;
			readonly attempts: number;
			readonly fence: bigint | undefined;
	  }
	/** Another holds it, for `ttlMs` more if it is not extended; −1: its key has no expiry. */
	| { readonly type: "contended"; readonly key: string; readonly holder: string; readonly ttlMs: number }
	/** Redis has it still; without a watchdog it is only looked at, and `validUntil` is what it was. */
	| { readonly type: "extended"; readonly key: string; readonly validUntil: number }
	/** It is tried again while the lock is valid. */
	| { readonly type: "extend-failed"; readonly key: string; readonly error: unknown }
	| { readonly type: "lost"; readonly key: string; readonly error: LockLostError }
	/** Given back after `holdMs`. */
	| { readonly type: "released"; readonly key: string; readonly holdMs: number }
	/** Nobody else hears of it where a lock is released by `await using` or `withLock`. */
	| { readonly type: "release-failed"; readonly key: string; readonly error: unknown }
	/** The lock of a call that had been given up came through after all, and was given back. */
	| { readonly type: "orphan-cleaned"; readonly key: string }
	/** No subscription: who waits for this lock asks from time to time; without `key`, holders do not hear of forceRelease(). */
	| { readonly type: "subscriber-down"; readonly key?: string; readonly error: unknown }
	/** This server may evict locks when its memory is full: its policy should be `noeviction`. */
	| { readonly type: "eviction-policy"; readonly node: string; readonly policy: string }
	/** The clocks of Redlock's servers differ by this or more, which is more than the drift that is allowed for. Looked at once. */
	| { readonly type: "clock-skew"; readonly skewMs: number };

export type LockListener = (event: LockEvent) => void;

const diagnostics = channel("rk:lock");

/** Tells those who want to know. */
export class Events {
	readonly #listener: LockListener | undefined;

	constructor(listener: LockListener | undefined) {
		this.#listener = listener;
	}

	/** Somebody listens: an event is worth making. */
	get wanted(): boolean {
		return this.#listener !== undefined || diagnostics.hasSubscribers;
	}

	/** What a listener throws, or rejects with, becomes a process warning: it must not look like the failure of a lock, nor end the process. */
	emit(event: LockEvent): void {
		if (diagnostics.hasSubscribers) diagnostics.publish(event);
		try {
			const result: unknown = this.#listener?.(event);
			if (result instanceof Promise) result.catch(warn);
		} catch (error) {
			warn(error);
		}
	}
}

function warn(error: unknown): void {
	const message = `onEvent threw: ${error instanceof Error ? error.message : String(error)}`;
	const warning = new Error(message, { cause: error });
	process.emitWarning(Object.assign(warning, { name: "RkWarning", code: "RK_LISTENER_ERROR" }));
}
