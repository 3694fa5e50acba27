import type { Arg } from "@rk/client";
import { optional } from "../codec.ts";
import { bytes } from "../codecs.ts";
import { defineScript, type Script } from "../define-script.ts";
import lua from "./get-and-expire.lua";
import { ttl } from "./ttl.ts";

/** The value as bytes, or `null`; from now on it lives `ttlMs` longer. Safe to repeat. */
export const getAndExpire: Script<
	[keys: { readonly key: Arg }, args: { readonly ttlMs: number }],
	Buffer | null
> = defineScript({
	name: "getAndExpire",
	keys: ["key"],
	args: { ttlMs: ttl },
	reply: optional(bytes),
	lua,
});
