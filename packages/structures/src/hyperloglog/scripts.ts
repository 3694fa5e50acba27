import { defineScript, flag, ok, type ScriptCall } from "@rk/client";
import addLua from "./add.lua";
import mergeLua from "./merge.lua";

export const addScript: ScriptCall<boolean> = defineScript({ lua: addLua, keys: 1, reply: flag });
export const mergeScript: ScriptCall<void> = defineScript({ lua: mergeLua, keys: "any", reply: ok });
