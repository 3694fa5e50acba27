import { defineScript, type ScriptCall, text } from "@rk/client";
import { type Location, locationIn, type Page, pageIn } from "./entry.ts";
import locateLua from "./locate.lua";
import publishLua from "./publish.lua";
import readLua from "./read.lua";

export const publish: ScriptCall<string> = defineScript({ lua: publishLua, keys: 2, reply: text });
export const locate: ScriptCall<Location> = defineScript({ lua: locateLua, keys: 2, reply: locationIn });
/** It does not count as read-only, so that no replica answers, which may not have all. */
export const read: ScriptCall<Page> = defineScript({
	lua: readLua,
	keys: 2,
	reply: pageIn,
	encoding: "buffer",
});
