import {
	defineScript,
	integer,
	mapOf,
	ok,
	type ScriptCall,
	text,
	tupleOf,
	UnexpectedReplyError,
	type WireReply,
} from "@rk/client";
import addLua from "./add.lua";
import bucketsLua from "./buckets.lua";
import dropFutureLua from "./drop-future.lua";
import recordLua from "./record.lua";
import setLua from "./set.lua";

/** The new value, or why there is none. */
export type Sum = number | "out-of-bounds" | "inexact" | "no-counter";

/** Was it set, and what was there before, if anything was. */
export type Replaced = { readonly done: boolean; readonly before: number | null } | "no-counter";

/** What a hash of buckets has, and the server's time of it, Unix ms. */
export interface Buckets {
	readonly nowMs: number;
	/** By the number of the bucket since 1970. */
	readonly counts: ReadonlyMap<number, number>;
}

export const addScript: ScriptCall<Sum> = defineScript({ lua: addLua, keys: 1, reply: sum });
export const setScript: ScriptCall<Replaced> = defineScript({ lua: setLua, keys: 1, reply: replaced });
/** 1, −1 or −2: see the script. */
export const recordScript: ScriptCall<number> = defineScript({ lua: recordLua, keys: 1, reply: integer });
export const dropFutureScript: ScriptCall<void> = defineScript({ lua: dropFutureLua, keys: 1, reply: ok });
export const bucketsScript: ScriptCall<Buckets> = defineScript({
	lua: bucketsLua,
	keys: 1,
	reply: buckets,
	readOnly: true,
});

function sum(reply: WireReply): Sum {
	if (typeof reply === "string") return Number(reply);
	switch (integer(reply)) {
		case 0:
			return "out-of-bounds";
		case -1:
			return "inexact";
		case -2:
			return "no-counter";
		default:
			throw new UnexpectedReplyError("a sum as text, 0, -1 or -2", reply);
	}
}

const verdictAndBefore = tupleOf(integer, text);

function replaced(reply: WireReply): Replaced {
	const [verdict, before] = verdictAndBefore(reply);
	if (verdict === -1) return "no-counter";
	return { done: verdict === 1, before: before === "" ? null : Number(before) };
}

const timeAndCounts = tupleOf(tupleOf(text, text), mapOf(text));

function buckets(reply: WireReply): Buckets {
	const [[seconds, microseconds], counts] = timeAndCounts(reply);
	return {
		nowMs: Number(seconds) * 1_000 + Number(microseconds) / 1_000,
		counts: new Map([...counts].map(([bucket, count]) => [Number(bucket), Number(count)])),
	};
}
