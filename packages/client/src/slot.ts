import calculateSlot from "cluster-key-slot";
import type { Arg } from "./command.ts";
import { CrossSlotError } from "./errors.ts";

/** The cluster slot of a key, 0–16383: CRC16 of its hash tag, or of all of it. */
export function slotOf(key: Arg): number {
	return calculateSlot(key);
}

/**
 * The one slot of all these keys.
 *
 * @param command what they are for, as the error is to name it: `MGET`
 * @throws {CrossSlotError} they do not share a slot; it names two that differ
 */
export function sharedSlot(keys: readonly [Arg, ...Arg[]], command?: string): number {
	const [first, ...rest] = keys;
	const slot = slotOf(first);
	for (const key of rest) {
		if (slotOf(key) !== slot) throw new CrossSlotError(first, key, command === undefined ? {} : { command });
	}
	return slot;
}

/** Some short key of the slot: what provokes a redirection when nothing else does. */
export function keyInSlot(slot: number): string {
	let n = 0;
	while (slotOf(n.toString(36)) !== slot) n += 1;
	return n.toString(36);
}
