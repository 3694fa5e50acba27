import type { Arg } from "@rk/client";
import { optional } from "../codec.ts";
import { bool } from "../codecs.ts";
import { defineScript, type Script } from "../define-script.ts";
import { float } from "../number-codecs.ts";
import lua from "./set-if-greater.lua";
import { ttl } from "./ttl.ts";

/**
 * Sets a number if it is greater than the one that is there, or if none is; whether it did. With `ttlMs`, what is set gets
 * that time to live; without, it keeps what it has. Numbers are compared as doubles.
 *
 * Safe to repeat: a second try changes nothing, and gives `false`.
 */
export const setIfGreater: Script<
	[keys: { readonly key: Arg }, args: { readonly value: number; readonly ttlMs?: number | undefined }],
	boolean
> = defineScript({
	name: "setIfGreater",
	keys: ["key"],
	args: { value: float, ttlMs: optional(ttl) },
	reply: bool,
	lua,
});
