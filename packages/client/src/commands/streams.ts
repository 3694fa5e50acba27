import { type Arg, type Command, overKeys, type Reply, read, type WireReply, write } from "../command.ts";
import {
	canonical,
	entries,
	integer,
	listOf,
	mapOf,
	type StreamEntry,
	streams,
	textOrNull,
} from "../decode.ts";
import { InvalidArgumentError } from "../errors.ts";
import { addPairs, blocking, type Growing, type OneOrMore, type Pairs, some, whole } from "./arguments.ts";

/** How far a stream is cut: at most so many entries, or none with an id before `minId`. */
export type StreamTrim = ({ readonly maxLength: number } | { readonly minId: string }) & {
	/** To the entry, which costs more; otherwise as far as whole nodes go. @default false */
	readonly exact?: boolean;
};

function addTrim(args: Growing, trim: StreamTrim): Growing {
	args.push("minId" in trim ? "MINID" : "MAXLEN", trim.exact === true ? "=" : "~");
	args.push("minId" in trim ? trim.minId : whole("trim.maxLength", trim.maxLength, 0));
	return args;
}

export interface XaddOptions {
	/** @default "*", the server's choice: its clock in milliseconds, and a sequence number */
	readonly id?: string;
	readonly trim?: StreamTrim;
	/** Does not make the stream if there is none: the result is then `null`. @default false */
	readonly onlyIfPresent?: boolean;
}

/** The entry's id. */
export function xadd(key: Arg, fields: Pairs, options: XaddOptions = {}): Command<string | null> {
	const args: Growing = ["XADD", key];
	if (options.onlyIfPresent === true) args.push("NOMKSTREAM");
	if (options.trim !== undefined) addTrim(args, options.trim);
	args.push(options.id ?? "*");
	addPairs(args, "fields", fields);
	return write(args, key, textOrNull);
}

/** How many entries were removed. */
export function xtrim(key: Arg, trim: StreamTrim): Command<number> {
	return write(addTrim(["XTRIM", key], trim), key, integer);
}

export function xlen(key: Arg): Command<number> {
	return read(["XLEN", key], key, integer);
}

/** How many of the entries there were. */
export function xdel(key: Arg, ids: OneOrMore): Command<number> {
	return write(["XDEL", key, ...some("ids", ids)], key, integer);
}

/** From `start` to `end`, both included, `(id` excluded; `-` and `+` are the first and the last. */
export function xrange(key: Arg, start: string, end: string, count?: number): Command<StreamEntry[]> {
	return read(addCount(["XRANGE", key, start, end], count), key, entries);
}

/** As {@link xrange}, but from `end`, the newest, down to `start`. */
export function xrevrange(key: Arg, end: string, start: string, count?: number): Command<StreamEntry[]> {
	return read(addCount(["XREVRANGE", key, end, start], count), key, entries);
}

function addCount(args: Growing, count: number | undefined): Growing {
	if (count !== undefined) args.push("COUNT", whole("count", count, 1));
	return args;
}

export interface XreadOptions {
	/** At most so many entries of each stream. @default all */
	readonly count?: number;
	/** Waits so long for an entry, in a session; 0 waits for ever. @default does not wait */
	readonly blockMs?: number;
}

/** Streams with what was read of them; those without entries are left out. */
export type StreamsRead = Array<[key: string, entries: StreamEntry[]]>;

function reading(
	args: Growing,
	from: Pairs,
	{ count, blockMs }: XreadOptions,
	noAck: boolean,
): readonly Arg[] {
	addCount(args, count);
	if (blockMs !== undefined) args.push("BLOCK", whole("blockMs", blockMs, 0));
	if (noAck) args.push("NOACK");
	const keys: Arg[] = [];
	const ids: Arg[] = [];
	for (const [key, id] of from) {
		keys.push(key);
		ids.push(id);
	}
	if (keys.length === 0) throw new InvalidArgumentError("from", from, "at least one stream");
	args.push("STREAMS", ...keys, ...ids);
	return keys;
}

/** Entries behind the given id of each stream: `[["events", "0"]]`; `$` stands for the newest there is now. */
export function xread(from: Pairs, options: XreadOptions = {}): Command<StreamsRead> {
	const args: Growing = ["XREAD"];
	const keys = reading(args, from, options, false);
	const command = overKeys(read(args, undefined, streams), keys);
	return options.blockMs === undefined ? command : blocking(command);
}

export interface XreadgroupOptions extends XreadOptions {
	/** Entries count as acknowledged when they are sent: lost if the consumer fails. @default false */
	readonly noAck?: boolean;
}

/** For a consumer of a group: `>` gives entries that no consumer had; an id, this consumer's own pending ones behind it. */
export function xreadgroup(
	group: Arg,
	consumer: Arg,
	from: Pairs,
	options: XreadgroupOptions = {},
): Command<StreamsRead> {
	const args: Growing = ["XREADGROUP", "GROUP", group, consumer];
	const keys = reading(args, from, options, options.noAck === true);
	const command = overKeys(write(args, undefined, streams), keys);
	return options.blockMs === undefined ? command : blocking(command);
}

/** All facts of the stream by the server's names: `length`, `last-generated-id`, `first-entry`, … */
export function xinfoStream(key: Arg): Command<Map<string, Reply>> {
	return read(["XINFO", "STREAM", key], key, mapOf(canonical));
}

const facts: (reply: WireReply) => Array<Map<string, Reply>> = listOf(mapOf(canonical));

/** Each group's facts by the server's names: `name`, `pending`, `last-delivered-id`, `lag`, … */
export function xinfoGroups(key: Arg): Command<Array<Map<string, Reply>>> {
	return read(["XINFO", "GROUPS", key], key, facts);
}

/** Each consumer's facts by the server's names: `name`, `pending`, `idle` (in milliseconds), … */
export function xinfoConsumers(key: Arg, group: Arg): Command<Array<Map<string, Reply>>> {
	return read(["XINFO", "CONSUMERS", key, group], key, facts);
}
