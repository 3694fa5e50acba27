import { setImmediate as turn } from "node:timers/promises";

/** Keys that are looked at in one turn of the event loop, and asked for together. */
export const CHUNK = 250;

/** The items, so many at a time, with a turn of the event loop after each lot, so that nothing else waits for all of them. */
export async function* chunksOf<T>(items: readonly T[], size: number): AsyncGenerator<readonly T[], void> {
	for (let at = 0; at < items.length; at += size) {
		if (at > 0) await turn();
		yield items.slice(at, at + size);
	}
}
