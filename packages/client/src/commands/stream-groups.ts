import { type Arg, type Command, read, type WireReply, write } from "../command.ts";
import {
	entries,
	flag,
	integer,
	listOf,
	ok,
	pairsOf,
	type StreamEntry,
	text,
	textOrNull,
} from "../decode.ts";
import { type Growing, type OneOrMore, some, whole } from "./arguments.ts";

export interface XgroupCreateOptions {
	/** Makes an empty stream if there is none; otherwise that is an error. @default false */
	readonly makeStream?: boolean;
}

/** A group that begins behind `id` (`$`: the newest there is). Rejects with `BUSYGROUP` when it exists. */
export function xgroupCreate(key: Arg, group: Arg, id: string, options?: XgroupCreateOptions): Command<void> {
	const args: Growing = ["XGROUP", "CREATE", key, group, id];
	if (options?.makeStream === true) args.push("MKSTREAM");
	return write(args, key, ok);
}

/** `false`: there was no such group. */
export function xgroupDestroy(key: Arg, group: Arg): Command<boolean> {
	return write(["XGROUP", "DESTROY", key, group], key, flag);
}

/** What the group reads next is behind `id`. */
export function xgroupSetid(key: Arg, group: Arg, id: string): Command<void> {
	return write(["XGROUP", "SETID", key, group, id], key, ok);
}

/** `false`: it exists already. */
export function xgroupCreateconsumer(key: Arg, group: Arg, consumer: Arg): Command<boolean> {
	return write(["XGROUP", "CREATECONSUMER", key, group, consumer], key, flag);
}

/** How many pending entries went with it: nobody will be given them again. */
export function xgroupDelconsumer(key: Arg, group: Arg, consumer: Arg): Command<number> {
	return write(["XGROUP", "DELCONSUMER", key, group, consumer], key, integer);
}

/** How many of the entries were pending. */
export function xack(key: Arg, group: Arg, ids: OneOrMore): Command<number> {
	return write(["XACK", key, group, ...some("ids", ids)], key, integer);
}

const array: (reply: WireReply) => WireReply[] = listOf((item) => item);

/** What a group has delivered and nobody has acknowledged. */
export interface PendingSummary {
	readonly count: number;
	/** `null` when nothing is pending. */
	readonly firstId: string | null;
	readonly lastId: string | null;
	/** How many each consumer has, for those that have any. */
	readonly consumers: ReadonlyMap<string, number>;
}

const countsByConsumer = pairsOf(text, (count) => Number(text(count)));

export function xpending(key: Arg, group: Arg): Command<PendingSummary> {
	return read(["XPENDING", key, group], key, (reply) => {
		const [count, firstId, lastId, consumers] = array(reply);
		return {
			count: integer(count ?? null),
			firstId: textOrNull(firstId ?? null),
			lastId: textOrNull(lastId ?? null),
			consumers: new Map(countsByConsumer(consumers ?? null)),
		};
	});
}

export interface PendingEntry {
	readonly id: string;
	readonly consumer: string;
	/** Since it was last delivered. */
	readonly idleMs: number;
	readonly deliveries: number;
}

const pendingEntries = listOf((reply): PendingEntry => {
	const [id, consumer, idleMs, deliveries] = array(reply);
	return {
		id: text(id ?? null),
		consumer: text(consumer ?? null),
		idleMs: integer(idleMs ?? null),
		deliveries: integer(deliveries ?? null),
	};
});

export interface XpendingRangeOptions {
	/** Only those of this consumer. */
	readonly consumer?: Arg;
	/** Only those that were last delivered so long ago. */
	readonly minIdleMs?: number;
}

/** Up to `count` pending entries, from `start` to `end` as for `xrange`. */
export function xpendingRange(
	key: Arg,
	group: Arg,
	start: string,
	end: string,
	count: number,
	options: XpendingRangeOptions = {},
): Command<PendingEntry[]> {
	const args: Growing = ["XPENDING", key, group];
	if (options.minIdleMs !== undefined) args.push("IDLE", whole("minIdleMs", options.minIdleMs, 0));
	args.push(start, end, whole("count", count, 1));
	if (options.consumer !== undefined) args.push(options.consumer);
	return read(args, key, pendingEntries);
}

/** Gives these pending entries to `consumer`, unless they were delivered less than `minIdleMs` ago. */
export function xclaim(
	key: Arg,
	group: Arg,
	consumer: Arg,
	minIdleMs: number,
	ids: OneOrMore,
): Command<StreamEntry[]> {
	const idle = whole("minIdleMs", minIdleMs, 0);
	return write(["XCLAIM", key, group, consumer, idle, ...some("ids", ids)], key, entries);
}

export interface Claimed {
	/** Where to go on; `"0-0"`: all was looked at. */
	readonly cursor: string;
	readonly entries: StreamEntry[];
	/** Were pending, but have been deleted from the stream, and are pending no more. */
	readonly deletedIds: string[];
}

const ids = listOf(text);

/** Looks at up to `count` pending entries from `cursor` on, and gives those that are idle enough to `consumer`. */
export function xautoclaim(
	key: Arg,
	group: Arg,
	consumer: Arg,
	minIdleMs: number,
	cursor: string,
	count?: number,
): Command<Claimed> {
	const args: Growing = ["XAUTOCLAIM", key, group, consumer, whole("minIdleMs", minIdleMs, 0), cursor];
	if (count !== undefined) args.push("COUNT", whole("count", count, 1));
	return write(args, key, (reply) => {
		const [next, claimed, deleted] = array(reply);
		return {
			cursor: text(next ?? null),
			entries: entries(claimed ?? null),
			deletedIds: ids(deleted ?? null),
		};
	});
}
