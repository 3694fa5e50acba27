/*
 * What goes over the bus: version, kind, 8 bytes that name the sender, then the names it is about, each as length (32 bits, big-endian)
 * and UTF-8. Names only, never values: an older value would arrive over a newer one.
 */
const VERSION = 1;
const HEADER = 10;

const KINDS = [
	"fill",
	"free",
	"set",
	"delete",
	"expire",
	"invalidateTag",
	"expireTag",
	"clear",
	"ping",
] as const;

/**
 * `fill`: a key was loaded. `free`: its load failed, and another may begin. `ping`: a sign of life, whose name is when it was sent. The
 * others are what was called.
 */
export type MessageKind = (typeof KINDS)[number];

export interface Message {
	readonly kind: MessageKind;
	/** In hex. */
	readonly sender: string;
	readonly names: readonly string[];
}

/** @param sender 16 hex digits */
export function writeMessage(kind: MessageKind, sender: string, names: readonly string[]): Buffer {
	const texts = names.map((name) => Buffer.from(name));
	const bytes = Buffer.allocUnsafe(texts.reduce((length, text) => length + 4 + text.length, HEADER));
	bytes[0] = VERSION;
	bytes[1] = KINDS.indexOf(kind);
	bytes.write(sender, 2, 8, "hex");
	let at = HEADER;
	for (const text of texts) {
		at = bytes.writeUInt32BE(text.length, at);
		at += text.copy(bytes, at);
	}
	return bytes;
}

/** `undefined`: it is not of this version, or is cut short. */
export function readMessage(bytes: Buffer): Message | undefined {
	const kind = KINDS[bytes[1] ?? -1];
	if (bytes[0] !== VERSION || kind === undefined || bytes.length < HEADER) return undefined;
	const names: string[] = [];
	for (let at = HEADER; at < bytes.length; ) {
		if (at + 4 > bytes.length) return undefined;
		const end = at + 4 + bytes.readUInt32BE(at);
		if (end > bytes.length) return undefined;
		names.push(bytes.toString("utf8", at + 4, end));
		at = end;
	}
	return { kind, sender: bytes.toString("hex", 2, HEADER), names };
}
