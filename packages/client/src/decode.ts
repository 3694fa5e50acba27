import type { Reply, WireReply } from "./command.ts";
import { ServerError, UnexpectedReplyError } from "./errors.ts";

/*
 * Readers of replies. They accept what either protocol and every supported client gives for a command: pairs flat or
 * nested, doubles as text. Each returns what its name says or throws an UnexpectedReplyError.
 */

function unexpected(expected: string, reply: WireReply): never {
	throw reply instanceof Error
		? new ServerError(reply.message, { cause: reply })
		: new UnexpectedReplyError(expected, reply);
}

const isArray: (reply: WireReply) => reply is readonly WireReply[] = Array.isArray;

/** The canonical shape: see {@link Reply}. */
export function canonical(reply: WireReply): Reply {
	if (typeof reply === "boolean") return reply ? 1 : 0;
	if (typeof reply !== "object" || reply === null) return reply;
	if (isArray(reply)) return reply.map(canonical);
	if (Buffer.isBuffer(reply) || reply instanceof ServerError) return reply;
	return new ServerError(reply.message, { cause: reply });
}

/** `+OK` and its like: a command that can only succeed or reject. */
export function ok(_reply: WireReply): void {}

export function text(reply: WireReply): string {
	return typeof reply === "string" ? reply : unexpected("a string", reply);
}

export function textOrNull(reply: WireReply): string | null {
	return typeof reply === "string" || reply === null ? reply : unexpected("a string or nil", reply);
}

export function bytes(reply: WireReply): Buffer {
	return Buffer.isBuffer(reply) ? reply : unexpected("bytes", reply);
}

export function bytesOrNull(reply: WireReply): Buffer | null {
	return reply === null || Buffer.isBuffer(reply) ? reply : unexpected("bytes or nil", reply);
}

export function integer(reply: WireReply): number {
	return typeof reply === "number" ? reply : unexpected("an integer", reply);
}

export function integerOrNull(reply: WireReply): number | null {
	return typeof reply === "number" || reply === null ? reply : unexpected("an integer or nil", reply);
}

/** Text that holds a whole number of any size, as `GET` gives it. */
export function bigInteger(reply: WireReply): bigint {
	if (typeof reply === "string" && /^-?\d+$/.test(reply)) return BigInt(reply);
	return unexpected("a whole number as text", reply);
}

export function bigIntegerOrNull(reply: WireReply): bigint | null {
	return reply === null ? null : bigInteger(reply);
}

/** `1` → true, `0` → false. */
export function flag(reply: WireReply): boolean {
	if (reply === 1 || reply === true) return true;
	if (reply === 0 || reply === false) return false;
	return unexpected("0 or 1", reply);
}

/** `+OK` → true, nil → false: conditional writes such as `SET … NX`. */
export function done(reply: WireReply): boolean {
	if (reply === null) return false;
	return reply === "OK" ? true : unexpected("OK or nil", reply);
}

/** A double: text in either protocol, `inf` and `-inf` included. */
export function double(reply: WireReply): number {
	if (typeof reply === "number") return reply;
	if (reply === "inf") return Number.POSITIVE_INFINITY;
	if (reply === "-inf") return Number.NEGATIVE_INFINITY;
	if (typeof reply === "string" && reply !== "" && !Number.isNaN(Number(reply))) return Number(reply);
	return unexpected("a number as text", reply);
}

export function doubleOrNull(reply: WireReply): number | null {
	return reply === null ? null : double(reply);
}

/** An array whose items `item` reads. */
export function listOf<T>(item: (reply: WireReply) => T): (reply: WireReply) => T[] {
	return (reply) => (isArray(reply) ? reply.map(item) : unexpected("an array", reply));
}

/** The same, where nil stands for no array at all. */
export function listOrNullOf<T>(item: (reply: WireReply) => T): (reply: WireReply) => T[] | null {
	const list = listOf(item);
	return (reply) => (reply === null ? null : list(reply));
}

/** Pairs, whether the server sent them flat or nested; nil counts as none. */
export function pairsOf<A, B>(
	first: (reply: WireReply) => A,
	second: (reply: WireReply) => B,
): (reply: WireReply) => Array<[A, B]> {
	return (reply) => {
		if (reply === null) return [];
		if (!isArray(reply)) return unexpected("pairs", reply);
		const pairs: Array<[A, B]> = [];
		const head = reply[0];
		if (head !== undefined && isArray(head)) {
			for (const pair of reply) {
				if (!isArray(pair) || pair.length !== 2) return unexpected("a pair", pair);
				pairs.push([first(pair[0] ?? null), second(pair[1] ?? null)]);
			}
			return pairs;
		}
		if (reply.length % 2 !== 0) return unexpected("an even number of items", reply);
		for (let i = 0; i < reply.length; i += 2)
			pairs.push([first(reply[i] ?? null), second(reply[i + 1] ?? null)]);
		return pairs;
	};
}

/** Fields and values as a Map, so that a field named `__proto__` is only a field. */
export function mapOf<V>(value: (reply: WireReply) => V): (reply: WireReply) => Map<string, V> {
	const pairs = pairsOf(text, value);
	return (reply) => new Map(pairs(reply));
}

/** Members with their scores, best read as `Array<[member, score]>`. */
export const scored: (reply: WireReply) => Array<[string, number]> = pairsOf(text, double);

/** One entry of a stream: its id, and its fields in order (a field may occur twice). */
export type StreamEntry = [id: string, fields: Array<[string, string]>];

const fields = pairsOf(text, text);

/** Entries as `XRANGE` gives them. An entry that was deleted while it was pending has no fields. */
export const entries: (reply: WireReply) => StreamEntry[] = listOf((entry) => {
	if (!isArray(entry) || entry.length !== 2) return unexpected("a stream entry", entry);
	return [text(entry[0] ?? null), fields(entry[1] ?? null)];
});

/** Streams as `XREAD` gives them, by key; none when it waited in vain. */
export const streams: (reply: WireReply) => Array<[key: string, entries: StreamEntry[]]> = pairsOf(
	text,
	entries,
);

/** Two items, each read in its own way, as of `[cursor, items]`. */
export function tupleOf<A, B>(
	first: (reply: WireReply) => A,
	second: (reply: WireReply) => B,
): (reply: WireReply) => [A, B] {
	return (reply) => {
		if (!isArray(reply) || reply.length !== 2) return unexpected("two items", reply);
		return [first(reply[0] ?? null), second(reply[1] ?? null)];
	};
}
