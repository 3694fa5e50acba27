import { Packr } from "msgpackr";
import type { Codec } from "./codec.ts";

/** Each value stands by itself: nothing of it depends on what was packed before. Bytes are copied, since others get the same input. */
const packr = new Packr({ mapsAsObjects: false, moreTypes: true, copyBuffers: true });

/**
 * MessagePack, by msgpackr: smaller than JSON, and with dates, maps, sets, big integers, `undefined` and binary data. A function inside a
 * value becomes `undefined`.
 */
export const msgpackr: Codec = Object.freeze({
	id: 1,
	encode(value: unknown): Buffer {
		if (typeof value === "function") throw new TypeError("MessagePack has nothing for a function");
		// A copy: the packer uses its memory again.
		return Buffer.from(packr.pack(value));
	},
	decode(bytes: Buffer): unknown {
		return packr.unpack(bytes);
	},
});
