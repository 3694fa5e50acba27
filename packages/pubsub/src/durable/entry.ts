import { bytes, integer, listOf, text, UnexpectedReplyError, type WireReply } from "@rk/client";

/** How far a subscriber has come in a durable topic. */
export interface Cursor {
	/** Of the last message it had, in the stream. */
	readonly id: string;
	/** The life of the topic that the id belongs to; empty before the first message. */
	readonly epoch: string;
	/** How many messages there were up to it, in that life; `undefined` where nobody knows. */
	readonly count: number | undefined;
}

/** A message in its place. */
export interface Entry extends Cursor {
	readonly count: number;
	readonly payload: Buffer;
}

/** What locate.lua gives. */
export interface Location {
	readonly cursor: Cursor;
	/** Some messages behind the id that was asked for are gone; this is the first that there is. */
	readonly firstKept: string | undefined;
}

/** What read.lua gives. */
export interface Page {
	readonly setBack: boolean;
	readonly epoch: string;
	readonly entries: readonly Entry[];
	/** There may be more behind them. */
	readonly more: boolean;
}

const isArray: (reply: WireReply) => reply is readonly WireReply[] = Array.isArray;

function items(reply: WireReply | undefined, expected: string): readonly WireReply[] {
	if (reply === undefined || !isArray(reply)) throw new UnexpectedReplyError(expected, reply);
	return reply;
}

export function locationIn(reply: WireReply): Location {
	const [id = "0-0", epoch = "", count = "", firstKept] = listOf(text)(reply);
	return { cursor: { id, epoch, count: count === "" ? undefined : Number(count) }, firstKept };
}

export function pageIn(reply: WireReply): Page {
	const [setBack = null, epoch = null, entries = null, more = null] = items(reply, "a page of a topic");
	return {
		setBack: integer(setBack) === 1,
		epoch: bytes(epoch).toString(),
		entries: listOf(entryIn)(entries),
		more: integer(more) === 1,
	};
}

function entryIn(reply: WireReply): Entry {
	const [id = null, fields = null] = items(reply, "an entry of a topic");
	const [, count = null, , epoch = null, , payload = null] = items(fields, "the fields of an entry");
	return {
		id: bytes(id).toString(),
		count: Number(bytes(count).toString()),
		epoch: bytes(epoch).toString(),
		payload: bytes(payload),
	};
}

const SPACE = 0x20;

/** Reads what publish.lua announces: `id count epoch message`; `undefined` if it is something else. */
export function announced(announcement: Buffer): Entry | undefined {
	const first = announcement.indexOf(SPACE);
	const second = announcement.indexOf(SPACE, first + 1);
	const third = announcement.indexOf(SPACE, second + 1);
	if (first < 0 || second < 0 || third < 0) return undefined;
	return {
		id: announcement.toString("latin1", 0, first),
		count: Number(announcement.toString("latin1", first + 1, second)),
		epoch: announcement.toString("latin1", second + 1, third),
		payload: announcement.subarray(third + 1),
	};
}
