import { type Arg, type Command, overKeys, read, type WireReply, write } from "../command.ts";
import {
	double,
	doubleOrNull,
	integer,
	integerOrNull,
	listOf,
	scored,
	text,
	textOrNull,
	tupleOf,
} from "../decode.ts";
import { InvalidArgumentError } from "../errors.ts";
import { blocking, type Growing, keyword, type OneOrMore, score, seconds, some, whole } from "./arguments.ts";
import { addScanOptions, type ScanPageOptions } from "./scan-page.ts";

export interface ZaddOptions {
	/** Writes only a new member, only one that is there, or (new ones apart) only a greater or a smaller score. */
	readonly onlyIf?: "absent" | "present" | "greater" | "less";
	/** Members with a changed score count as new ones do. @default false */
	readonly countChanged?: boolean;
}

const CONDITIONS = { absent: "NX", present: "XX", greater: "GT", less: "LT" } as const;

function zaddArgs(key: Arg, { onlyIf, countChanged }: ZaddOptions): Growing {
	const args: Growing = ["ZADD", key];
	if (onlyIf !== undefined) args.push(keyword("onlyIf", onlyIf, CONDITIONS));
	if (countChanged === true) args.push("CH");
	return args;
}

/** 1: the member is new, or its score changed and `countChanged` is set; otherwise 0. */
export function zadd(key: Arg, member: Arg, value: number, options?: ZaddOptions): Command<number> {
	const text = score("score", value);
	if (options === undefined) return write(["ZADD", key, text, member], key, integer);
	const args = zaddArgs(key, options);
	args.push(text, member);
	return write(args, key, integer);
}

/** How many of the members are new; with `countChanged`, or have another score than before. */
export function zaddMany(
	key: Arg,
	members: Iterable<readonly [member: Arg, score: number]>,
	options: ZaddOptions = {},
): Command<number> {
	const args = zaddArgs(key, options);
	const before = args.length;
	for (const [member, value] of members) args.push(score("score", value), member);
	if (args.length === before) throw new InvalidArgumentError("members", members, "at least one");
	return write(args, key, integer);
}

/** The new score. */
export function zincrby(key: Arg, member: Arg, delta: number): Command<number> {
	return write(["ZINCRBY", key, score("delta", delta), member], key, double);
}

/** How many of the members there were. */
export function zrem(key: Arg, members: OneOrMore): Command<number> {
	return write(["ZREM", key, ...some("members", members)], key, integer);
}

export function zscore(key: Arg, member: Arg): Command<number | null> {
	return read(["ZSCORE", key, member], key, doubleOrNull);
}

/** By the order of the members. */
export function zmscore(key: Arg, members: OneOrMore): Command<Array<number | null>> {
	return read(["ZMSCORE", key, ...some("members", members)], key, listOf(doubleOrNull));
}

/** How many members are before this one, from the lowest score on. */
export function zrank(key: Arg, member: Arg): Command<number | null> {
	return read(["ZRANK", key, member], key, integerOrNull);
}

/** How many members are before this one, from the highest score on. */
export function zrevrank(key: Arg, member: Arg): Command<number | null> {
	return read(["ZREVRANK", key, member], key, integerOrNull);
}

export function zcard(key: Arg): Command<number> {
	return read(["ZCARD", key], key, integer);
}

/** Takes out up to `count` with the lowest scores. */
export function zpopmin(key: Arg, count = 1): Command<Array<[member: string, score: number]>> {
	return write(["ZPOPMIN", key, whole("count", count, 1)], key, scored);
}

/** Takes out up to `count` with the highest scores. */
export function zpopmax(key: Arg, count = 1): Command<Array<[member: string, score: number]>> {
	return write(["ZPOPMAX", key, whole("count", count, 1)], key, scored);
}

/** A {@link bzpopmin}'s result, `null` when nothing came in time. */
export interface PoppedMember {
	readonly key: string;
	readonly member: string;
	readonly score: number;
}

function popped(reply: WireReply): PoppedMember | null {
	if (reply === null) return null;
	const [key, member, value] = listOf((item) => item)(reply);
	return { key: text(key ?? null), member: text(member ?? null), score: double(value ?? null) };
}

/** Waits for the member with the lowest score, in a session. `null`: none within `blockMs`; 0 waits for ever. */
export function bzpopmin(keys: OneOrMore, blockMs: number): Command<PoppedMember | null> {
	const all = some("keys", keys);
	return blocking(overKeys(write(["BZPOPMIN", ...all, seconds("blockMs", blockMs)], undefined, popped), all));
}

/** As {@link bzpopmin}, with the highest score. */
export function bzpopmax(keys: OneOrMore, blockMs: number): Command<PoppedMember | null> {
	const all = some("keys", keys);
	return blocking(overKeys(write(["BZPOPMAX", ...all, seconds("blockMs", blockMs)], undefined, popped), all));
}

export function zrandmember(key: Arg): Command<string | null> {
	return read(["ZRANDMEMBER", key], key, textOrNull);
}

/** Up to `count` different members; with a negative count exactly so many, of which some may be the same. */
export function zrandmemberMany(key: Arg, count: number): Command<string[]> {
	return read(["ZRANDMEMBER", key, whole("count", count)], key, listOf(text));
}

export interface ZstoreOptions {
	/** What each key's scores are multiplied by, by the order of the keys. @default 1 */
	readonly weights?: readonly number[];
	/** How the scores of one member become one. @default "sum" */
	readonly aggregate?: "sum" | "min" | "max";
}

const AGGREGATES = { sum: "SUM", min: "MIN", max: "MAX" } as const;

function storing(
	name: string,
	destination: Arg,
	keys: OneOrMore,
	options: ZstoreOptions = {},
): Command<number> {
	const sources = some("keys", keys);
	const args: Growing = [name, destination, String(sources.length), ...sources];
	const { weights, aggregate } = options;
	if (weights !== undefined) {
		if (weights.length !== sources.length) {
			throw new InvalidArgumentError("weights", weights, `as many as keys: ${sources.length}`);
		}
		args.push("WEIGHTS", ...weights.map((weight, i) => score(`weights[${i}]`, weight)));
	}
	if (aggregate !== undefined) args.push("AGGREGATE", keyword("aggregate", aggregate, AGGREGATES));
	return overKeys(write(args, undefined, integer), [destination, ...sources]);
}

/** Replaces `destination`; its size. Over millions of members the server stalls for seconds. */
export function zunionstore(destination: Arg, keys: OneOrMore, options?: ZstoreOptions): Command<number> {
	return storing("ZUNIONSTORE", destination, keys, options);
}

/** Replaces `destination`; its size. */
export function zinterstore(destination: Arg, keys: OneOrMore, options?: ZstoreOptions): Command<number> {
	return storing("ZINTERSTORE", destination, keys, options);
}

/** Replaces `destination` by the first set without the members of the others; its size. */
export function zdiffstore(destination: Arg, keys: OneOrMore): Command<number> {
	return storing("ZDIFFSTORE", destination, keys);
}

/** One page of members and scores, with the cursor of the next: `"0"` begins and ends. A small set comes whole. */
export function zscan(
	key: Arg,
	cursor: string,
	options?: ScanPageOptions,
): Command<[cursor: string, members: Array<[member: string, score: number]>]> {
	return write(addScanOptions(["ZSCAN", key, cursor], options), key, tupleOf(text, scored));
}
