import { type Arg, done, raw } from "@rk/client";
import { optional } from "../codec.ts";
import { bool, bytes } from "../codecs.ts";
import { defineScript, type Script } from "../define-script.ts";
import lua from "./compare-and-set.lua";
import { ttl } from "./ttl.ts";

/**
 * Sets the value if it is `expected`, byte for byte; `false` if it is not, or the key does not exist. With `ttlMs` the key
 * gets that time to live; without, it keeps what it has.
 *
 * After an error with the outcome `unknown`, a second try gives `false` if the first one had set it. Where every server has
 * `SET … IFEQ` (Redis 8.4, Valkey 8.1), `createScripts` sends that.
 */
export const compareAndSet: Script<
	[
		keys: { readonly key: Arg },
		args: { readonly expected: Arg; readonly value: Arg; readonly ttlMs?: number | undefined },
	],
	boolean
> = defineScript({
	name: "compareAndSet",
	keys: ["key"],
	args: { expected: bytes, value: bytes, ttlMs: optional(ttl) },
	reply: bool,
	native: [
		{
			needs: "SET IFEQ",
			command: ({ key }, { expected, value, ttlMs }) => {
				const expiry = ttlMs === undefined ? ["KEEPTTL"] : ["PX", String(ttlMs)];
				return raw(["SET", key, value, "IFEQ", expected, ...expiry], { decode: done });
			},
		},
	],
	lua,
});
