import { type Arg, type Command, overKeys, read, write } from "../command.ts";
import { flag, integer, listOf, text, textOrNull, tupleOf } from "../decode.ts";
import { type OneOrMore, some, whole } from "./arguments.ts";
import { addScanOptions, type ScanPageOptions } from "./scan-page.ts";

/** How many of the members are new. */
export function sadd(key: Arg, members: OneOrMore): Command<number> {
	return write(["SADD", key, ...some("members", members)], key, integer);
}

/** How many of the members there were. */
export function srem(key: Arg, members: OneOrMore): Command<number> {
	return write(["SREM", key, ...some("members", members)], key, integer);
}

export function sismember(key: Arg, member: Arg): Command<boolean> {
	return read(["SISMEMBER", key, member], key, flag);
}

/** By the order of the members. */
export function smismember(key: Arg, members: OneOrMore): Command<boolean[]> {
	return read(["SMISMEMBER", key, ...some("members", members)], key, listOf(flag));
}

/** All of it. One big set stalls the server: see {@link sscan}. */
export function smembers(key: Arg): Command<string[]> {
	return read(["SMEMBERS", key], key, listOf(text));
}

export function scard(key: Arg): Command<number> {
	return read(["SCARD", key], key, integer);
}

/** Takes a random member out. */
export function spop(key: Arg): Command<string | null> {
	return write(["SPOP", key], key, textOrNull);
}

/** Takes up to `count` random members out. */
export function spopMany(key: Arg, count: number): Command<string[]> {
	return write(["SPOP", key, whole("count", count, 1)], key, listOf(text));
}

export function srandmember(key: Arg): Command<string | null> {
	return read(["SRANDMEMBER", key], key, textOrNull);
}

/** Up to `count` different members; with a negative count exactly so many, of which some may be the same. */
export function srandmemberMany(key: Arg, count: number): Command<string[]> {
	return read(["SRANDMEMBER", key, whole("count", count)], key, listOf(text));
}

/** `false`: `member` is not in `source`. */
export function smove(source: Arg, destination: Arg, member: Arg): Command<boolean> {
	return overKeys(write(["SMOVE", source, destination, member], source, flag), [source, destination]);
}

export function sinter(keys: OneOrMore): Command<string[]> {
	const all = some("keys", keys);
	return overKeys(read(["SINTER", ...all], undefined, listOf(text)), all);
}

export function sunion(keys: OneOrMore): Command<string[]> {
	const all = some("keys", keys);
	return overKeys(read(["SUNION", ...all], undefined, listOf(text)), all);
}

/** The first set without the members of the others. */
export function sdiff(keys: OneOrMore): Command<string[]> {
	const all = some("keys", keys);
	return overKeys(read(["SDIFF", ...all], undefined, listOf(text)), all);
}

/** How many members the sets share, counted up to `limit`. */
export function sintercard(keys: OneOrMore, limit?: number): Command<number> {
	const all = some("keys", keys);
	const count = String(all.length);
	const args =
		limit === undefined
			? (["SINTERCARD", count, ...all] as const)
			: (["SINTERCARD", count, ...all, "LIMIT", whole("limit", limit, 1)] as const);
	return overKeys(read(args, undefined, integer), all);
}

function storing(name: string, destination: Arg, keys: OneOrMore): Command<number> {
	const all = [destination, ...some("keys", keys)];
	return overKeys(write([name, ...all], undefined, integer), all);
}

/** Replaces `destination`; its size. */
export function sinterstore(destination: Arg, keys: OneOrMore): Command<number> {
	return storing("SINTERSTORE", destination, keys);
}

/** Replaces `destination`; its size. */
export function sunionstore(destination: Arg, keys: OneOrMore): Command<number> {
	return storing("SUNIONSTORE", destination, keys);
}

/** Replaces `destination`; its size. */
export function sdiffstore(destination: Arg, keys: OneOrMore): Command<number> {
	return storing("SDIFFSTORE", destination, keys);
}

/** One page of members, with the cursor of the next: `"0"` begins and ends. A small set may come whole. */
export function sscan(
	key: Arg,
	cursor: string,
	options?: ScanPageOptions,
): Command<[cursor: string, members: string[]]> {
	return write(addScanOptions(["SSCAN", key, cursor], options), key, tupleOf(text, listOf(text)));
}
