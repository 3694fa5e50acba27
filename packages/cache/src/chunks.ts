import { setImmediate as turn } from "node:timers/promises";

/** Keys that are looked at in one turn of the event loop, and asked for together. */
export const CHUNK = 250;

/** The items, so many at a time, with a turn of the event loop after each lot, so that nothing else waits for all of them. */
export async function* chunksOf<T>(items: Iterable<T>, size: number): AsyncGenerator<readonly T[], void> {
	let chunk: T[] = [];
	for (const item of items) {
		if (chunk.length === size) {
			yield chunk;
			await turn();
			chunk = [];
		}
		chunk.push(item);
	}
	if (chunk.length > 0) yield chunk;
}
