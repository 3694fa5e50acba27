import type { Encoding, WireReply } from "@rk/client";
import type { NativeQueued, NativeSendOptions } from "./native.ts";

type ReplyType =
	| "MAP"
	| "SET"
	| "DOUBLE"
	| "BIG_NUMBER"
	| "SIMPLE_STRING"
	| "BLOB_STRING"
	| "VERBATIM_STRING";

/** First bytes of the reply types that need another shape than the library gives them by itself. */
export const REPLY_TYPES: Readonly<Record<ReplyType, number>> = Object.freeze({
	MAP: 37,
	SET: 126,
	DOUBLE: 44,
	BIG_NUMBER: 40,
	SIMPLE_STRING: 43,
	BLOB_STRING: 36,
	VERBATIM_STRING: 61,
});

/** Maps as flat arrays (an object would mix up `__proto__` and binary fields), numbers that a double cannot hold as text. */
const TEXT: object = Object.freeze({
	[REPLY_TYPES.MAP]: Array,
	[REPLY_TYPES.SET]: Array,
	[REPLY_TYPES.DOUBLE]: String,
	[REPLY_TYPES.BIG_NUMBER]: String,
});

const BYTES: object = Object.freeze({
	...TEXT,
	[REPLY_TYPES.SIMPLE_STRING]: Buffer,
	[REPLY_TYPES.BLOB_STRING]: Buffer,
	[REPLY_TYPES.VERBATIM_STRING]: Buffer,
});

/**
 * How each command is sent. Without the library's `timeout`: it ends with the write, so it is no deadline for the reply,
 * and costs several times what the rest of a command costs.
 */
export const SEND_OPTIONS: Readonly<Record<Encoding, NativeSendOptions>> = Object.freeze({
	utf8: Object.freeze({ timeout: undefined, typeMapping: TEXT }),
	buffer: Object.freeze({ timeout: undefined, typeMapping: BYTES }),
});

/**
 * The numbers that come as text, as bytes: in the older protocol, where they are strings like any other, they are bytes too.
 */
export function inBytes(reply: WireReply): WireReply {
	if (typeof reply === "string") return Buffer.from(reply);
	return isArray(reply) ? reply.map(inBytes) : reply;
}

const isArray: (reply: WireReply) => reply is readonly WireReply[] = Array.isArray;

/** Whether a port sent this command; the application's own have other mappings, or none. */
export function isOurs(command: NativeQueued): boolean {
	return command.typeMapping === TEXT || command.typeMapping === BYTES;
}
