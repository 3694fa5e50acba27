import { type Arg, integer, raw, tupleOf } from "@rk/client";
import { optional } from "../codec.ts";
import { defineScript, type Script } from "../define-script.ts";
import { int, intFrom } from "../number-codecs.ts";
import lua from "./incr-with-cap.lua";
import { ttl } from "./ttl.ts";

/** Up to where a reply is exact. */
const LARGEST = 2 ** 53 - 49;

/** The new value, and what was added to get there. */
const outcome = tupleOf(integer, integer);

/**
 * Adds `by` (1 or more) to a counter and gives its new value; −1, and nothing changed, if that were over `cap`. A counter
 * that does not exist counts as 0, and gets the time to live when it is made.
 *
 * After an error with the outcome `unknown` it may have been added. Where every server has `INCREX` (Redis 8.8),
 * `createScripts` sends that for calls without `ttlMs`.
 */
export const incrWithCap: Script<
	[
		keys: { readonly counter: Arg },
		args: { readonly by: number; readonly cap: number; readonly ttlMs?: number | undefined },
	],
	number
> = defineScript({
	name: "incrWithCap",
	keys: ["counter"],
	args: { by: intFrom(1, LARGEST), cap: intFrom(0, LARGEST), ttlMs: optional(ttl) },
	reply: int,
	native: [
		{
			needs: "INCREX UBOUND",
			command: ({ counter }, { by, cap, ttlMs }) => {
				// Its ENX gives a time to live to every counter that has none, and not only to a new one.
				if (ttlMs !== undefined) return undefined;
				return raw(["INCREX", counter, "BYINT", String(by), "UBOUND", String(cap)], {
					decode: (reply) => {
						const [value, added] = outcome(reply);
						return added === 0 ? -1 : value;
					},
				});
			},
		},
	],
	lua,
});
