import { channel } from "node:diagnostics_channel";
import type { MessageMeta } from "./consumer.ts";
import { isThenable } from "./thenable.ts";

export type ErrorListener = (error: unknown, meta: MessageMeta) => void;

/** What goes over the diagnostics channel `rk:pubsub`: each error and each notice, also one that a listener was told of. */
export interface PubSubEvent {
	readonly channel: string;
	readonly pattern: string | undefined;
	readonly error: unknown;
}

const diagnostics = channel("rk:pubsub");

/** Tells what went wrong to whoever wants to know; nobody asked means a process warning, for it must not be silent. */
export class Reports {
	readonly #onError: ErrorListener;

	constructor(onError: ErrorListener | undefined) {
		this.#onError = onError ?? warn;
	}

	/** `listener` is the one for this kind of notice, if the application has one. */
	tell<E>(error: E, meta: MessageMeta, listener?: (error: E) => void): void {
		const { channel, pattern } = meta;
		if (diagnostics.hasSubscribers) diagnostics.publish({ channel, pattern, error } satisfies PubSubEvent);
		try {
			const result: unknown = listener === undefined ? this.#onError(error, meta) : listener(error);
			if (isThenable(result)) result.then(undefined, warn);
		} catch (fault) {
			warn(fault);
		}
	}
}

function warn(error: unknown): void {
	const message = error instanceof Error ? error.message : String(error);
	const warning = new Error(message, { cause: error });
	process.emitWarning(Object.assign(warning, { name: "RkWarning", code: "RK_LISTENER_ERROR" }));
}
