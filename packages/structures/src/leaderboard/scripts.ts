import {
	defineScript,
	integer,
	integerOrNull,
	listOf,
	type ScriptCall,
	text,
	textOrNull,
	tupleOf,
	type WireReply,
} from "@rk/client";
import addLua from "./lua/add.lua";
import addManyLua from "./lua/add-many.lua";
import aroundLua from "./lua/around.lua";
import boardLua from "./lua/board.lua";
import getLua from "./lua/get.lua";
import listLua from "./lua/list.lua";
import percentileLua from "./lua/percentile.lua";
import plainAddLua from "./lua/plain-add.lua";
import plainAroundLua from "./lua/plain-around.lua";
import rangeLua from "./lua/range.lua";
import rangeByScoreLua from "./lua/range-by-score.lua";
import removeLua from "./lua/remove.lua";
import scoreAtPercentileLua from "./lua/score-at-percentile.lua";
import trimLua from "./lua/trim.lua";
import writeLua from "./lua/write.lua";

/** Scores are the text that Redis gave. */
export interface Addition {
	readonly score: string;
	readonly changed: boolean;
	readonly previous: string | null;
	readonly previousRank: number | null;
	readonly rank: number | null;
}

export interface Listing {
	/** Of the first entry, from 0. */
	readonly from: number;
	/** Of the first entry, or by the ranking `modified` of the last: what the entries themselves do not tell. 0 by `ordinal`. */
	readonly rank: number;
	readonly entries: ReadonlyArray<readonly [place: string, score: string]>;
	/** By the order of the entries; empty, if they were asked for without. */
	readonly data: ReadonlyArray<string | null>;
}

export interface Lookup {
	readonly score: string;
	readonly rank: number;
	readonly data: string | null;
}

export interface Standing {
	readonly better: number;
	readonly size: number;
}

function reads<T>(lua: string, reply: (reply: WireReply) => T): ScriptCall<T> {
	return defineScript({ lua: `${boardLua}\n${lua}`, keys: "any", reply, readOnly: true });
}

function lists<T>(lua: string, reply: (reply: WireReply) => T): ScriptCall<T> {
	return reads(`${listLua}\n${lua}`, reply);
}

function writes<T>(lua: string, reply: (reply: WireReply) => T): ScriptCall<T> {
	return defineScript({ lua: `${boardLua}\n${writeLua}\n${lua}`, keys: "any", reply });
}

export const range: ScriptCall<Listing> = lists(rangeLua, listing);
export const rangeByScore: ScriptCall<Listing> = lists(rangeByScoreLua, listing);
/** `null`: there is no such member. */
export const around: ScriptCall<Listing | null> = lists(aroundLua, listingOrNull);
/** Likewise. */
export const plainAround: ScriptCall<Listing | null> = defineScript({
	lua: plainAroundLua,
	keys: 2,
	reply: listingOrNull,
	readOnly: true,
});
export const lookUp: ScriptCall<Array<Lookup | null>> = reads(getLua, listOf(lookup));
/** `null`: there is no such member. */
export const standing: ScriptCall<Standing | null> = reads(percentileLua, (reply) => {
	const [better, size] = items(reply);
	return better === undefined ? null : { better: integer(better), size: integer(size ?? null) };
});
export const scoreAtPercentile: ScriptCall<string | null> = reads(scoreAtPercentileLua, textOrNull);
export const add: ScriptCall<Addition> = writes(addLua, addition);
export const plainAdd: ScriptCall<Addition> = defineScript({ lua: plainAddLua, keys: 2, reply: addition });
export const addMany: ScriptCall<{ added: number; updated: number }> = writes(addManyLua, (reply) => {
	const [added = null, updated = null] = items(reply);
	return { added: integer(added), updated: integer(updated) };
});
export const remove: ScriptCall<number> = writes(removeLua, integer);
export const trim: ScriptCall<number> = writes(trimLua, integer);

const withData = tupleOf(text, listOf(textOrNull));
const items: (reply: WireReply) => readonly WireReply[] = listOf((item) => item);

function listing(reply: WireReply): Listing {
	const [json, data] = Array.isArray(reply) ? withData(reply) : [text(reply), []];
	const [from, rank, entries] = arrayOf(JSON.parse(json));
	const placed: Array<readonly [string, string]> = [];
	const words = arrayOf(entries);
	for (let i = 0; i < words.length; i += 2) placed.push([String(words[i]), String(words[i + 1])]);
	return { from: Number(from), rank: Number(rank), entries: placed, data };
}

function listingOrNull(reply: WireReply): Listing | null {
	return reply === null ? null : listing(reply);
}

/** An empty list of Lua's is written as an object. */
function arrayOf(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}

function lookup(reply: WireReply): Lookup | null {
	const [score = null, rank = null, data = null] = items(reply);
	return score === null ? null : { score: text(score), rank: integer(rank), data: textOrNull(data) };
}

function addition(reply: WireReply): Addition {
	const [score = null, changed = null, previous = null, previousRank = null, rank = null] = items(reply);
	return {
		score: text(score),
		changed: integer(changed) === 1,
		previous: textOrNull(previous),
		previousRank: integerOrNull(previousRank),
		rank: integerOrNull(rank),
	};
}
