import {
	bytes,
	defineScript,
	double,
	flag,
	integer,
	ok,
	pairsOf,
	type ScriptCall,
	text,
	textOrNull,
	tupleOf,
	UnexpectedReplyError,
	type WireReply,
} from "@rk/client";
import copyLua from "./copy.lua";
import createLua from "./create.lua";
import destroyLua from "./destroy.lua";
import destroyOfLua from "./destroy-of.lua";
import followLua from "./follow.lua";
import indexAddLua from "./index-add.lua";
import indexListLua from "./index-list.lua";
import indexPruneLua from "./index-prune.lua";
import readLua from "./read.lua";
import replaceLua from "./replace.lua";
import saveLua from "./save.lua";

/** A session as it is in Redis. */
export interface StoredSession {
	readonly version: number;
	readonly data: Buffer;
	/** `""`: none. */
	readonly user: string;
	readonly createdMs: number;
	readonly deadlineMs: number;
	readonly idleMs: number;
	/** When it became the user's. */
	readonly sinceUs: number;
	readonly expiresInMs: number;
}

/** Where a rotated id leads. */
export interface Pointer {
	readonly to: string;
	readonly inGrace: boolean;
	readonly user: string;
}

/** A user's sessions by handle, each with the time at which it is dropped, and the time of the server. */
export type Index = readonly [
	nowMs: string,
	entries: ReadonlyArray<readonly [handle: string, dropMs: number]>,
];

/** 1, 0 or −1: see the script. */
export const createScript: ScriptCall<number> = defineScript({ lua: createLua, keys: 1, reply: integer });
export const readScript: ScriptCall<StoredSession | null> = defineScript({
	lua: readLua,
	keys: 1,
	reply: stored,
	encoding: "buffer",
});
/** The new version, 0 or −1: see the script. */
export const saveScript: ScriptCall<number> = defineScript({ lua: saveLua, keys: 1, reply: integer });
/** The user; `null`: there was no such session. */
export const destroyScript: ScriptCall<string | null> = defineScript({
	lua: destroyLua,
	keys: 1,
	reply: textOrNull,
});
/** 1, 0, −1, or the handle of the copy: see the script. */
export const destroyOfScript: ScriptCall<number | string> = defineScript({
	lua: destroyOfLua,
	keys: 1,
	reply: (reply) => (typeof reply === "string" ? reply : integer(reply)),
});
/** 1 or −1: see the script. */
export const copyScript: ScriptCall<number> = defineScript({ lua: copyLua, keys: 1, reply: integer });
/** 1, 0 or −1: see the script. */
export const replaceScript: ScriptCall<number> = defineScript({ lua: replaceLua, keys: 1, reply: integer });
export const followScript: ScriptCall<Pointer | null> = defineScript({
	lua: followLua,
	keys: 1,
	reply: pointer,
});
/** How many there are. */
export const indexAddScript: ScriptCall<number> = defineScript({ lua: indexAddLua, keys: 1, reply: integer });
export const indexListScript: ScriptCall<Index> = defineScript({
	lua: indexListLua,
	keys: 1,
	reply: tupleOf(text, pairsOf(text, double)),
});
export const indexPruneScript: ScriptCall<void> = defineScript({ lua: indexPruneLua, keys: 1, reply: ok });

const isArray: (reply: WireReply) => reply is readonly WireReply[] = Array.isArray;

function items(reply: WireReply, count: number): readonly WireReply[] {
	if (isArray(reply) && reply.length === count) return reply;
	throw new UnexpectedReplyError(`${count} items`, reply);
}

function stored(reply: WireReply): StoredSession | null {
	if (reply === null) return null;
	const parts = items(reply, 8);
	const number = (i: number): number => Number(bytes(parts[i] ?? null));
	return {
		version: number(0),
		data: bytes(parts[1] ?? null),
		user: bytes(parts[2] ?? null).toString(),
		createdMs: number(3),
		deadlineMs: number(4),
		idleMs: number(5),
		sinceUs: number(6),
		expiresInMs: integer(parts[7] ?? null),
	};
}

function pointer(reply: WireReply): Pointer | null {
	if (reply === null) return null;
	const [to = null, inGrace = null, user = null] = items(reply, 3);
	return { to: text(to), inGrace: flag(inGrace), user: text(user) };
}
