import {
	defineScript,
	integer,
	listOf,
	type ScriptCall,
	ServerError,
	text,
	UnexpectedReplyError,
	type WireReply,
} from "@rk/client";
import acquireLua from "./acquire.lua";
import acquirePlainLua from "./acquire-plain.lua";
import extendLua from "./extend.lua";
import fencedWriteLua from "./fenced-write.lua";
import forceReleaseLua from "./force-release.lua";
import inspectLua from "./inspect.lua";
import releaseLua from "./release.lua";
import type { Standing } from "./stake.ts";

/** What Redis says to one who wants the lock. */
export type Grant =
	| { readonly granted: true; readonly fence: bigint | undefined }
	/** `ttlMs` is −1 where the key has no expiry. */
	| { readonly granted: false; readonly ttlMs: number; readonly holder: string }
	/** The value at the key is of another layout. */
	| "foreign";

/** What Redis says to one who gives the lock back. */
export interface Returned {
	readonly standing: Standing;
	/** Connections that were told. */
	readonly listeners: number;
}

/** What is at a lock's key. */
export interface Found {
	readonly value: string;
	/** −1: no expiry; −2: no lock. */
	readonly ttlMs: number;
	readonly listeners: number;
}

export const acquire: ScriptCall<Grant> = defineScript({ lua: acquireLua, keys: 2, reply: grant });
export const acquirePlain: ScriptCall<Grant> = defineScript({ lua: acquirePlainLua, keys: 1, reply: grant });
/** An error in the place of a lock that could not be read. */
export const extend: ScriptCall<Array<Standing | ServerError>> = defineScript({
	lua: extendLua,
	keys: "any",
	reply: listOf((reply) => (typeof reply === "string" ? new ServerError(reply) : standing(reply))),
});
export const release: ScriptCall<Returned> = defineScript({ lua: releaseLua, keys: 1, reply: returned });
export const inspect: ScriptCall<Found> = defineScript({ lua: inspectLua, keys: 1, reply: found });
export const forceRelease: ScriptCall<boolean> = defineScript({
	lua: forceReleaseLua,
	keys: 1,
	reply: (reply) => integer(reply) === 1,
});
/** `null`: written. */
export const fencedWriteScript: ScriptCall<bigint | null> = defineScript({
	lua: fencedWriteLua,
	keys: 2,
	reply: (reply) => (reply === "" ? null : BigInt(text(reply))),
});

function grant(reply: WireReply): Grant {
	if (typeof reply === "string") return { granted: true, fence: reply === "" ? undefined : BigInt(reply) };
	if (reply === -1) return "foreign";
	const [ttlMs = null, holder = null] = items(reply, "a grant");
	return { granted: false, ttlMs: integer(ttlMs), holder: text(holder) };
}

function standing(reply: WireReply): Standing {
	if (reply === 1) return "held";
	return integer(reply) === 0 ? "taken" : "gone";
}

function returned(reply: WireReply): Returned {
	const verdict = integer(reply);
	return verdict > 0
		? { standing: "held", listeners: verdict - 1 }
		: { standing: standing(verdict), listeners: 0 };
}

function found(reply: WireReply): Found {
	const [value = null, ttlMs = null, listeners = null] = items(reply, "what is at a lock's key");
	return { value: text(value), ttlMs: integer(ttlMs), listeners: integer(listeners) };
}

const isArray: (reply: WireReply) => reply is readonly WireReply[] = Array.isArray;

function items(reply: WireReply, expected: string): readonly WireReply[] {
	if (!isArray(reply)) throw new UnexpectedReplyError(expected, reply);
	return reply;
}
