import { defineScript, integer, listOf, type ScriptCall, type WireReply } from "@rk/client";
import addLua from "./lua/add.lua";
import completeLua from "./lua/complete.lua";
import filterLua from "./lua/filter.lua";
import hasLua from "./lua/has.lua";
import infoLua from "./lua/info.lua";
import reserveLua from "./lua/reserve.lua";

/** What the scripts say of a filter before they say anything else. */
export interface Answer {
	readonly status: "done" | "full" | "more-layers" | "absent" | "lost";
	/** How many layers there are, of `absent` only if not all parts are made yet, or of `lost` which one it is, from 1, or 0: what says what the filter is. */
	readonly layers: number;
	/** One for each item that was dealt with; see the scripts. */
	readonly facts: readonly number[];
}

const STATUS = ["done", "full", "more-layers", "absent", "lost"] as const;

const numbers = listOf(integer);

function answer(reply: WireReply): Answer {
	const [status = 0, layers = 0, ...facts] = numbers(reply);
	return { status: STATUS[status] ?? "lost", layers, facts };
}

function onFilter(lua: string, readOnly: boolean): ScriptCall<Answer> {
	return defineScript({ lua: `${filterLua}\n${lua}`, keys: "any", reply: answer, readOnly });
}

export const add: ScriptCall<Answer> = onFilter(addLua, false);
export const has: ScriptCall<Answer> = onFilter(hasLua, true);
export const info: ScriptCall<Answer> = onFilter(infoLua, true);
/** 1 made, 0 there already, -1 lost. */
export const reserve: ScriptCall<number> = defineScript({ lua: reserveLua, keys: "any", reply: integer });
/** 1 done, 0 there is no such part. */
export const complete: ScriptCall<number> = defineScript({ lua: completeLua, keys: 1, reply: integer });
