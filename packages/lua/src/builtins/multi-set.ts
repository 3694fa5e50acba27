import { type Arg, InvalidArgumentError, ok } from "@rk/client";
import { list, optional } from "../codec.ts";
import { bytes } from "../codecs.ts";
import { defineScript, type Script } from "../define-script.ts";
import lua from "./multi-set.lua";
import { ttl } from "./ttl.ts";

/**
 * Sets every key to the value in its place; all at once, for nobody sees some of them. All keys in one slot. With `ttlMs`
 * each gets that time to live; without, none. Safe to repeat. For keys of any slots, and no atomicity, there is `batchSet`
 * of `@rk/client`.
 */
export const multiSet: Script<
	[
		keys: { readonly keys: readonly Arg[] },
		args: { readonly values: readonly Arg[]; readonly ttlMs?: number | undefined },
	],
	void
> = defineScript({
	name: "multiSet",
	keys: ["...keys"],
	args: { ttlMs: optional(ttl), values: list(bytes) },
	reply: ok,
	check({ keys }, { values }) {
		if (keys.length === 0) throw new InvalidArgumentError("keys.keys", keys, "one key or more");
		if (values.length !== keys.length) {
			throw new InvalidArgumentError("args.values", values, `as many as there are keys, ${keys.length}`);
		}
	},
	lua,
});
