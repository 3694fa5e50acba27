import { ReplyError } from "./errors.ts";

/** What a server answers: RESP2 shapes, bulk strings as UTF-8 text. An error inside an array stays in its place. */
export type TestReply = string | number | null | ReplyError | readonly TestReply[];

const BULK = "$=!";
const AGGREGATE = "*~>";

function headerNumber(bytes: Buffer, at: number, lineEnd: number): number {
	return Number(bytes.toString("latin1", at + 1, lineEnd));
}

/**
 * The index just after the RESP2 or RESP3 reply that starts at `at`, or -1 while it is incomplete.
 * An attribute belongs to the reply that follows it.
 */
export function replyEnd(bytes: Buffer, at: number): number {
	let next = at;
	for (let missing = 1; missing > 0; ) {
		const lineEnd = bytes.indexOf("\r\n", next);
		if (lineEnd < 0) return -1;
		const type = String.fromCharCode(bytes[next] ?? 0);
		const size = headerNumber(bytes, next, lineEnd);
		next = lineEnd + 2;
		if (type === "|") {
			missing += 2 * size;
			continue;
		}
		missing -= 1;
		if (size < 0) continue; // RESP2's null
		if (BULK.includes(type)) next += size + 2;
		else if (AGGREGATE.includes(type)) missing += size;
		else if (type === "%") missing += 2 * size;
		if (next > bytes.length) return -1;
	}
	return next;
}

/** Decodes the complete RESP2 reply at `at`. */
export function decodeReply(bytes: Buffer, at: number): { readonly value: TestReply; readonly end: number } {
	const lineEnd = bytes.indexOf("\r\n", at);
	const type = String.fromCharCode(bytes[at] ?? 0);
	const line = bytes.toString("utf8", at + 1, lineEnd);
	const end = lineEnd + 2;
	const size = Number(line);
	if (type === "-") return { value: new ReplyError(line), end };
	if (type === ":") return { value: size, end };
	if (type === "+") return { value: line, end };
	if (size < 0) return { value: null, end };
	if (type === "$") return { value: bytes.toString("utf8", end, end + size), end: end + size + 2 };
	const items: TestReply[] = [];
	let next = end;
	while (items.length < size) {
		const item = decodeReply(bytes, next);
		items.push(item.value);
		next = item.end;
	}
	return { value: items, end: next };
}

/** The bytes of a command. */
export function encodeCommand(args: readonly (string | number)[]): Buffer {
	const bulks = args.map((arg) => `$${Buffer.byteLength(`${arg}`)}\r\n${arg}\r\n`);
	return Buffer.from(`*${args.length}\r\n${bulks.join("")}`);
}

/** The command that starts at `at`, sent as an array or inline, or `undefined` while it is incomplete. */
export function readCommand(bytes: Buffer, at: number): { args: readonly string[]; end: number } | undefined {
	if (bytes[at] !== 0x2a) {
		const lineEnd = bytes.indexOf("\n", at);
		if (lineEnd < 0) return undefined;
		const words = bytes.toString("utf8", at, lineEnd).trim();
		return { args: words === "" ? [] : words.split(/\s+/), end: lineEnd + 1 };
	}
	const end = replyEnd(bytes, at);
	if (end < 0) return undefined;
	const { value } = decodeReply(bytes, at);
	return { args: Array.isArray(value) ? value.map(String) : [], end };
}
