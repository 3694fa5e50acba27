import {
	bytesOrNull,
	defineScript,
	integer,
	listOf,
	type ScriptCall,
	text,
	UnexpectedReplyError,
	type WireReply,
} from "@rk/client";
import acquireLua from "./lua/acquire.lua";
import deleteLua from "./lua/delete.lua";
import expireLua from "./lua/expire.lua";
import fillLua from "./lua/fill.lua";
import healLua from "./lua/heal.lua";
import releaseLua from "./lua/release.lua";
import renewLeaseLua from "./lua/renew-lease.lua";
import renewTokenLua from "./lua/renew-token.lua";
import setLua from "./lua/set.lua";
import tokensLua from "./lua/tokens.lua";

/** What Redis says to one who wants to load a key. */
export interface Acquired {
	/** The lease is his. */
	readonly got: boolean;
	readonly value: Buffer | null;
	/** The server's Unix time in ms. */
	readonly timeMs: number;
}

export const acquire: ScriptCall<Acquired> = defineScript({
	lua: acquireLua,
	keys: 2,
	reply: acquired,
	encoding: "buffer",
});
export const fill: ScriptCall<boolean> = defineScript({ lua: fillLua, keys: 2, reply: isOne });
export const renewLease: ScriptCall<boolean> = defineScript({ lua: renewLeaseLua, keys: 1, reply: isOne });
export const release: ScriptCall<boolean> = defineScript({ lua: releaseLua, keys: 1, reply: isOne });
export const setValue: ScriptCall<number> = defineScript({ lua: setLua, keys: 2, reply: integer });
export const deleteValues: ScriptCall<number> = defineScript({ lua: deleteLua, keys: "any", reply: integer });
export const expireValue: ScriptCall<boolean> = defineScript({ lua: expireLua, keys: 2, reply: isOne });
export const heal: ScriptCall<boolean> = defineScript({ lua: healLua, keys: 1, reply: isOne });
export const readTokens: ScriptCall<string[]> = defineScript({
	lua: tokensLua,
	keys: "any",
	reply: listOf(text),
});
export const renewToken: ScriptCall<string> = defineScript({ lua: renewTokenLua, keys: 1, reply: text });

function isOne(reply: WireReply): boolean {
	return integer(reply) === 1;
}

const isArray: (reply: WireReply) => reply is readonly WireReply[] = Array.isArray;

function acquired(reply: WireReply): Acquired {
	if (!isArray(reply)) throw new UnexpectedReplyError("a lease", reply);
	const [got = null, value = null, time] = reply;
	return { got: integer(got) === 1, value: bytesOrNull(value), timeMs: Number(time) };
}
