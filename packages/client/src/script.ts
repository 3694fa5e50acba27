import { createHash } from "node:crypto";
import { checkArray, checkFunction } from "./check.ts";
import { type Arg, type Command, checkArgs, type Encoding, type WireReply } from "./command.ts";
import { InvalidArgumentError, ServerError } from "./errors.ts";

/** A Lua script together with the digest that the server knows it by. */
export interface Script {
	readonly source: string;
	readonly sha1: string;
	readonly readOnly: boolean;
}

export interface ScriptDefinition<T> {
	/** The source. The digest is of these very bytes. */
	readonly lua: string;
	/** How many keys it takes, or `"any"`. The script must touch no other key, and on a cluster they must share a slot. */
	readonly keys: number | "any";
	/** Reads the script's reply: a decoder such as `integer` or `text`. */
	readonly reply: (reply: WireReply) => T;
	/** It never writes: it runs as `EVALSHA_RO`, and a replica may serve it. @default false */
	readonly readOnly?: boolean;
	/** The strings of its reply: text, or with `"buffer"` bytes. @default "utf8" */
	readonly encoding?: Encoding;
}

/** Makes the command that runs the script with these keys and arguments. */
export interface ScriptCall<T> extends Script {
	(keys: readonly Arg[], args?: readonly Arg[]): Command<T>;
}

/**
 * Binds a Lua script to a typed function that makes commands; call it once, at module load.
 *
 * The commands work in `command()`, `batch()`, `transaction()` and sessions. They are sent by digest; the source goes
 * along where the server does not know the digest, which the caller never notices. In a batch or transaction the first use
 * on each connection goes with the source, so that nothing is put out of order.
 *
 * Commands of the port that do not wait for each other keep their order too where the server has forgotten the script on the
 * way (`SCRIPT FLUSH`, a restart); in a cluster, those of one slot. The limit: while some are on their way, somebody else (another
 * client, a batch, a transaction, a session) may make the server know the script again in between, and it runs those behind first.
 *
 * What a script wrote before it failed stays written.
 *
 * @throws {InvalidArgumentError} `keys` is not a count; or, when called, not as many keys as declared, or an argument that is
 * neither text nor bytes
 */
export function defineScript<T>(definition: ScriptDefinition<T>): ScriptCall<T> {
	const { lua, keys: keyCount, reply, readOnly = false, encoding = "utf8" } = definition;
	if (keyCount !== "any" && (!Number.isInteger(keyCount) || keyCount < 0)) {
		throw new InvalidArgumentError("keys", keyCount, 'the number of keys, 0 or more, or "any"');
	}
	if (encoding !== "utf8" && encoding !== "buffer") {
		throw new InvalidArgumentError("encoding", encoding, '"utf8" or "buffer"');
	}
	if (typeof lua !== "string" || lua === "")
		throw new InvalidArgumentError("lua", lua, "the source of a script");
	checkFunction("reply", reply);
	const sha1 = createHash("sha1").update(lua).digest("hex");
	const script: Script = Object.freeze({ source: lua, sha1, readOnly });
	const name = readOnly ? "EVALSHA_RO" : "EVALSHA";
	const call = (keys: readonly Arg[], args: readonly Arg[] = []): Command<T> => {
		checkArray("keys", keys);
		checkArray("args", args);
		if (keyCount !== "any" && keys.length !== keyCount)
			throw new InvalidArgumentError("keys", keys, `${keyCount} keys, as the script declares`);
		checkArgs(keys, "keys");
		checkArgs(args, "args");
		return {
			args: [name, sha1, String(keys.length), ...keys, ...args],
			key: keys[0],
			keys: keys.length > 1 ? keys : undefined,
			readOnly,
			encoding,
			session: false,
			script,
			decode: reply,
		};
	};
	return Object.assign(call, script);
}

/** The server does not know the script, and ran nothing: a script may raise a NOSCRIPT of its own, after it wrote. */
export function isUnknownScript(error: unknown): boolean {
	return error instanceof ServerError && error.reply.startsWith("NOSCRIPT No matching script");
}

/** The arguments that send the source instead of the digest. */
export function withSource(command: Command<unknown>, script: Script): Command<unknown>["args"] {
	const [, , ...rest] = command.args;
	return [script.readOnly ? "EVAL_RO" : "EVAL", script.source, ...rest];
}
