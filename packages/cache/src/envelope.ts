import { Buffer } from "node:buffer";

/*
 * What is stored under a value's key:
 *
 *   0      magic          4  stored at, Unix ms         36  token of the namespace, 12 letters
 *   1      version       12  fresh for, ms              48  number of tags
 *   2      1: expired    20  then stale for, ms         50  of each: length, name, hard token, soft token
 *   3      codec         28  then for errors, ms         …  the encoded value
 *
 * Numbers are big-endian: times doubles, lengths 16 bits. Only byte 2 is ever changed in place.
 */
const MAGIC = 0xc4;
const VERSION = 1;
const NAMESPACE = 36;
const HEADER = 50;
const TOKEN = 12;

/** The bytes that a value of this version begins with. */
export const PREFIX: Buffer = Buffer.from([MAGIC, VERSION]);

/** How long something lives, from when it was stored; `Infinity` for ever. */
export interface Times {
	readonly storedAt: number;
	readonly freshMs: number;
	/** So long after that it may be served while it is loaded anew. */
	readonly staleMs: number;
	/** So long after it was fresh it may be served when its loader fails. */
	readonly errorMs: number;
}

export interface TagToken {
	readonly tag: string;
	readonly hard: string;
	readonly soft: string;
}

/** What was read, as its bytes have it: most of it is looked at once, or not at all. */
export class Envelope implements Times {
	readonly tags: readonly TagToken[];
	readonly #bytes: Buffer;
	readonly #payloadAt: number;

	constructor(bytes: Buffer, tags: readonly TagToken[], payloadAt: number) {
		this.#bytes = bytes;
		this.tags = tags;
		this.#payloadAt = payloadAt;
	}

	/** By `expire()`. */
	get expired(): boolean {
		return this.#bytes[2] !== 0;
	}

	get codec(): number {
		return this.#bytes[3] ?? 0;
	}

	get storedAt(): number {
		return this.#bytes.readDoubleBE(4);
	}

	get freshMs(): number {
		return this.#bytes.readDoubleBE(12);
	}

	get staleMs(): number {
		return this.#bytes.readDoubleBE(20);
	}

	get errorMs(): number {
		return this.#bytes.readDoubleBE(28);
	}

	/** The namespace had this token when the value was made. Compared in place: it is done for every hit. */
	isOf(namespaceToken: string): boolean {
		if (namespaceToken.length !== TOKEN) return false;
		for (let i = 0; i < TOKEN; i++)
			if (this.#bytes[NAMESPACE + i] !== namespaceToken.charCodeAt(i)) return false;
		return true;
	}

	get payload(): Buffer {
		return this.#bytes.subarray(this.#payloadAt);
	}
}

const NO_TAGS: readonly TagToken[] = Object.freeze([]);

export function writeEnvelope(
	times: Times,
	codec: number,
	namespaceToken: string,
	tags: readonly TagToken[],
	payload: Buffer,
): Buffer {
	const names = tags.map(({ tag }) => Buffer.from(tag));
	let length = HEADER + payload.length;
	for (const name of names) length += 2 + name.length + 2 * TOKEN;
	const bytes = Buffer.allocUnsafe(length);
	bytes[0] = MAGIC;
	bytes[1] = VERSION;
	bytes[2] = 0;
	bytes[3] = codec;
	bytes.writeDoubleBE(times.storedAt, 4);
	bytes.writeDoubleBE(times.freshMs, 12);
	bytes.writeDoubleBE(times.staleMs, 20);
	bytes.writeDoubleBE(times.errorMs, 28);
	bytes.write(namespaceToken, NAMESPACE, TOKEN, "latin1");
	bytes.writeUInt16BE(tags.length, 48);
	let at = HEADER;
	for (const [i, { hard, soft }] of tags.entries()) {
		const name = names[i];
		if (name === undefined) continue;
		at = bytes.writeUInt16BE(name.length, at);
		at += name.copy(bytes, at);
		at += bytes.write(hard, at, TOKEN, "latin1");
		at += bytes.write(soft, at, TOKEN, "latin1");
	}
	payload.copy(bytes, at);
	return bytes;
}

/** `newer`: of a version that is yet to come, so that it is to be left alone. Text: what is wrong with it. */
export function readEnvelope(bytes: Buffer): Envelope | "newer" | "truncated" | "foreign" {
	if (bytes[0] !== MAGIC) return "foreign";
	const version = bytes[1];
	if (version !== VERSION) return version !== undefined && version > VERSION ? "newer" : "foreign";
	if (bytes.length < HEADER) return "truncated";
	const count = bytes.readUInt16BE(48);
	let at = HEADER;
	let tags = NO_TAGS;
	if (count > 0) {
		const found: TagToken[] = [];
		for (let i = 0; i < count; i++) {
			if (at + 2 > bytes.length) return "truncated";
			const name = at + 2;
			const hard = name + bytes.readUInt16BE(at);
			at = hard + 2 * TOKEN;
			if (at > bytes.length) return "truncated";
			found.push({
				tag: bytes.toString("utf8", name, hard),
				hard: bytes.toString("latin1", hard, hard + TOKEN),
				soft: bytes.toString("latin1", hard + TOKEN, at),
			});
		}
		tags = found;
	}
	return new Envelope(bytes, tags, at);
}

/** How long the key may live in Redis, in whole ms; 0: no end. */
export function physicalMs({ freshMs, staleMs, errorMs }: Times): number {
	const ms = Math.ceil(freshMs + Math.max(staleMs, errorMs));
	return ms <= Number.MAX_SAFE_INTEGER ? ms : 0;
}
