import { type Arg, flag, raw } from "@rk/client";
import { bool, bytes } from "../codecs.ts";
import { defineScript, type Script } from "../define-script.ts";
import lua from "./compare-and-delete.lua";

/**
 * Deletes the key if its value is `expected`, byte for byte; `false` if it is not, or the key does not exist. It runs when the
 * server is out of memory, too.
 *
 * After an error with the outcome `unknown`, a second try gives `false` if the first one had deleted it. Where every server has
 * `DELEX` (Redis 8.4) or `DELIFEQ` (Valkey 9), `createScripts` sends that.
 */
export const compareAndDelete: Script<
	[keys: { readonly key: Arg }, args: { readonly expected: Arg }],
	boolean
> = defineScript({
	name: "compareAndDelete",
	keys: ["key"],
	args: { expected: bytes },
	reply: bool,
	allowOom: true,
	native: [
		{
			needs: "DELEX IFEQ",
			command: ({ key }, { expected }) => raw(["DELEX", key, "IFEQ", expected], { decode: flag }),
		},
		{
			needs: "DELIFEQ",
			command: ({ key }, { expected }) => raw(["DELIFEQ", key, expected], { decode: flag }),
		},
	],
	lua,
});
