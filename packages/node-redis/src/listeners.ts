import type { NativeEmitter } from "./native.ts";

/** The name of an event that never happens. */
const ANCHOR: unique symbol = Symbol("@rk/node-redis");

const ignore = (): void => {};

/**
 * Listens to the events of a client. Returns what takes the listeners off again.
 *
 * A client is an object made on top of the one that emits, and the two share one table of listeners, until the last
 * listener is taken off: Node.js then gives the upper one a new table, and nobody added later ever hears anything. So where
 * ours are the last, a listener for an event that never happens stays.
 */
export function listen(
	client: NativeEmitter,
	handlers: Readonly<Record<string, (...args: unknown[]) => void>>,
): () => void {
	for (const [event, handler] of Object.entries(handlers)) client.on(event, handler);
	return () => {
		client.on(ANCHOR, ignore);
		for (const [event, handler] of Object.entries(handlers)) client.off(event, handler);
		if (client.eventNames().length > 1) client.off(ANCHOR, ignore);
	};
}
