import { isUtf8 } from "node:buffer";
import { EncodeError } from "./errors.ts";

/** How messages become bytes, and bytes messages. Both sides of a channel must have the same. */
export interface Codec {
	encode(message: unknown): string | Buffer;
	/** Throws on what it cannot read: the message is then poison. */
	decode(payload: Buffer): unknown;
}

/** JSON in UTF-8. What JSON has no word for (`undefined`, functions, bigints, circles) is refused, unless inside an object JSON leaves it out. */
export const json: Codec = Object.freeze({
	encode(message: unknown): string {
		const text: unknown = JSON.stringify(message);
		if (typeof text === "string") return text;
		throw new TypeError(`JSON has no word for ${typeof message}`);
	},
	decode(payload: Buffer): unknown {
		// Or bytes that are no text would come out as U+FFFD inside a string, and nobody would know.
		if (!isUtf8(payload)) throw new TypeError("The payload is not UTF-8");
		return JSON.parse(payload.toString());
	},
});

/** @throws {EncodeError} with what the codec threw as its cause */
export function encode(codec: Codec, channel: string, message: unknown): string | Buffer {
	let payload: unknown;
	try {
		payload = codec.encode(message);
	} catch (cause) {
		throw new EncodeError(channel, cause);
	}
	if (typeof payload === "string" || Buffer.isBuffer(payload)) return payload;
	throw new EncodeError(channel, new TypeError("The codec gave neither text nor a Buffer"));
}
