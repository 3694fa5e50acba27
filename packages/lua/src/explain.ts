import { type CommandError, RkError } from "@rk/client";
import type { Assembled } from "./assemble.ts";
import { LuaError, LuaReplyError } from "./errors.ts";

/** An error reply of the server: its first word, and all of its words. */
export interface ErrorReply {
	readonly code: string;
	readonly reply: string;
}

/** What the error replies that a script gives on purpose mean, by their first word. */
export type ErrorsByCode = Readonly<Record<string, (error: ErrorReply) => CommandError>>;

/** Redis, and Valkey up to 8, name the digest before the line; Valkey 9 only the line. */
const RAISED = /^(.*?) ?script: (?:[0-9a-f]{40}, )?on @user_script:(\d+)\.?\s*$/s;
const NOT_COMPILED = /^ERR Error compiling script \(new function\): @?user_script:(\d+): (.*)$/s;
const PLACE = /^ERR (?:@?user_script:\d+: )?/;

/** Makes of an error of this script's command what it means: a {@link LuaError}, or one of `errors`; else it is as it was. */
export function explainer(
	script: string,
	assembled: Assembled,
	errors: ErrorsByCode,
): <E>(error: E) => E | CommandError {
	const failed = (error: ErrorReply, line: number, what: string): LuaError => {
		const origin = assembled.origin(line);
		const place = { script, file: origin.file, line: origin.line, reason: error.code };
		return new LuaError(place, what.replace(PLACE, ""), { cause: error });
	};
	return (error) => {
		if (!isErrorReply(error)) return error;
		const { code, reply } = error;
		const [, raised, at] = RAISED.exec(reply) ?? [];
		if (raised !== undefined) return failed(error, Number(at), raised);
		const [, line, what] = NOT_COMPILED.exec(reply) ?? [];
		if (what !== undefined) return failed(error, Number(line), what);
		if (code === "RKREPLY") return new LuaReplyError(script, reply.slice(code.length + 1), { cause: error });
		const meaning = Object.hasOwn(errors, code) ? errors[code] : undefined;
		return meaning === undefined ? error : meaning(error);
	};
}

/** By its brand and fields, not its class: the port may have a copy of @rk/client of its own. */
export function isErrorReply(error: unknown): error is RkError & ErrorReply {
	return error instanceof RkError && "reply" in error && typeof error.reply === "string";
}
