import { type Arg, type Command, overKeys, read, type WireReply, write } from "../command.ts";
import { integer, integerOrNull, listOf, listOrNullOf, ok, text, textOrNull, tupleOf } from "../decode.ts";
import { blocking, type Growing, keyword, type OneOrMore, seconds, some, whole } from "./arguments.ts";

/** At the head, so that the last of several comes first; the new length. */
export function lpush(key: Arg, values: OneOrMore): Command<number> {
	return write(["LPUSH", key, ...some("values", values)], key, integer);
}

/** At the tail; the new length. */
export function rpush(key: Arg, values: OneOrMore): Command<number> {
	return write(["RPUSH", key, ...some("values", values)], key, integer);
}

/** As {@link lpush}, but only to a list that exists; otherwise 0. */
export function lpushx(key: Arg, values: OneOrMore): Command<number> {
	return write(["LPUSHX", key, ...some("values", values)], key, integer);
}

/** As {@link rpush}, but only to a list that exists; otherwise 0. */
export function rpushx(key: Arg, values: OneOrMore): Command<number> {
	return write(["RPUSHX", key, ...some("values", values)], key, integer);
}

export function lpop(key: Arg): Command<string | null> {
	return write(["LPOP", key], key, textOrNull);
}

/** Up to `count` from the head; `null`: no such key. */
export function lpopMany(key: Arg, count: number): Command<string[] | null> {
	return write(["LPOP", key, whole("count", count, 1)], key, listOrNullOf(text));
}

export function rpop(key: Arg): Command<string | null> {
	return write(["RPOP", key], key, textOrNull);
}

/** Up to `count` from the tail, the last first; `null`: no such key. */
export function rpopMany(key: Arg, count: number): Command<string[] | null> {
	return write(["RPOP", key, whole("count", count, 1)], key, listOrNullOf(text));
}

export function llen(key: Arg): Command<number> {
	return read(["LLEN", key], key, integer);
}

/** Negative indexes count from the tail. */
export function lindex(key: Arg, index: number): Command<string | null> {
	return read(["LINDEX", key, whole("index", index)], key, textOrNull);
}

/** Rejects with a ServerError when there is nothing at `index`. */
export function lset(key: Arg, index: number, value: Arg): Command<void> {
	return write(["LSET", key, whole("index", index), value], key, ok);
}

/** From the head so many that equal `value`; a negative count: from the tail; 0: all. How many there were. */
export function lrem(key: Arg, count: number, value: Arg): Command<number> {
	return write(["LREM", key, whole("count", count), value], key, integer);
}

/** From `start` to `stop`, both included; negative ones count from the tail. */
export function lrange(key: Arg, start: number, stop: number): Command<string[]> {
	return read(["LRANGE", key, whole("start", start), whole("stop", stop)], key, listOf(text));
}

/** Keeps only `start` to `stop`, both included. */
export function ltrim(key: Arg, start: number, stop: number): Command<void> {
	return write(["LTRIM", key, whole("start", start), whole("stop", stop)], key, ok);
}

const PLACES = { before: "BEFORE", after: "AFTER" } as const;

/** The new length; −1: no `pivot`; 0: no such key. */
export function linsert(key: Arg, place: "before" | "after", pivot: Arg, value: Arg): Command<number> {
	return write(["LINSERT", key, keyword("place", place, PLACES), pivot, value], key, integer);
}

export interface LposOptions {
	/** The how-manieth match is wanted; negative: counted from the tail. @default 1 */
	readonly rank?: number;
	/** Compares no more than so many. @default all */
	readonly maxLength?: number;
}

/** The index of `value`. */
export function lpos(key: Arg, value: Arg, options?: LposOptions): Command<number | null> {
	const args: Growing = ["LPOS", key, value];
	if (options?.rank !== undefined) args.push("RANK", whole("rank", options.rank));
	if (options?.maxLength !== undefined) args.push("MAXLEN", whole("maxLength", options.maxLength, 0));
	return read(args, key, integerOrNull);
}

export type ListEnd = "left" | "right";

const ENDS = { left: "LEFT", right: "RIGHT" } as const;

/** Takes from one end and puts at another, perhaps of the same list; `null`: `source` is empty. */
export function lmove(source: Arg, destination: Arg, from: ListEnd, to: ListEnd): Command<string | null> {
	const args = ["LMOVE", source, destination, keyword("from", from, ENDS), keyword("to", to, ENDS)] as const;
	return overKeys(write(args, source, textOrNull), [source, destination]);
}

const pair = tupleOf(text, text);

function popped(reply: WireReply): [key: string, value: string] | null {
	return reply === null ? null : pair(reply);
}

/** Waits for a value, in a session. `null`: none came within `blockMs`; 0 waits for ever. */
export function blpop(keys: OneOrMore, blockMs: number): Command<[key: string, value: string] | null> {
	const all = some("keys", keys);
	return blocking(overKeys(write(["BLPOP", ...all, seconds("blockMs", blockMs)], undefined, popped), all));
}

/** As {@link blpop}, from the tail. */
export function brpop(keys: OneOrMore, blockMs: number): Command<[key: string, value: string] | null> {
	const all = some("keys", keys);
	return blocking(overKeys(write(["BRPOP", ...all, seconds("blockMs", blockMs)], undefined, popped), all));
}

/** As {@link lmove}, but waits for a value, in a session. `null`: none came within `blockMs`; 0 waits for ever. */
export function blmove(
	source: Arg,
	destination: Arg,
	from: ListEnd,
	to: ListEnd,
	blockMs: number,
): Command<string | null> {
	const ends = [keyword("from", from, ENDS), keyword("to", to, ENDS)] as const;
	const args = ["BLMOVE", source, destination, ...ends, seconds("blockMs", blockMs)] as const;
	return blocking(overKeys(write(args, source, textOrNull), [source, destination]));
}
