import calculateSlot from "cluster-key-slot";
import type { Arg } from "./command.ts";
import { CrossSlotError } from "./errors.ts";

const SLOTS = 16_384;

/** The cluster slot of a key, 0–16383: CRC16 of its hash tag, or of all of it. */
export function slotOf(key: Arg): number {
	return hasEmptyTag(key) ? crc16(Buffer.from(key)) % SLOTS : calculateSlot(key);
}

/** To Redis it is no tag; the library takes what comes up to the next brace for one. */
function hasEmptyTag(key: Arg): boolean {
	if (typeof key === "string") return key.startsWith("{}", key.indexOf("{"));
	const open = key.indexOf(0x7b);
	return open >= 0 && key[open + 1] === 0x7d;
}

/** CRC-16/XMODEM. @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ */
function crc16(bytes: Buffer): number {
	let crc = 0;
	for (const byte of bytes) {
		crc ^= byte << 8;
		for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
		crc &= 0xffff;
	}
	return crc;
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
