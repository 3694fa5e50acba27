import { type Arg, type Command, overKeys, read, type WireReply, write } from "../command.ts";
import { listOf, mapOf, ok, text, textOrNull } from "../decode.ts";
import type { Growing } from "./arguments.ts";

/** Loads a library, whose first line names it, on the node that it comes to; its name. */
export function functionLoad(code: string, options?: { readonly replace?: boolean }): Command<string> {
	const args: Growing = ["FUNCTION", "LOAD"];
	if (options?.replace === true) args.push("REPLACE");
	args.push(code);
	return write(args, undefined, text);
}

/** Rejects with a ServerError when that node has no such library. */
export function functionDelete(library: string): Command<void> {
	return write(["FUNCTION", "DELETE", library], undefined, ok);
}

/** That node forgets all libraries. */
export function functionFlush(): Command<void> {
	return write(["FUNCTION", "FLUSH"], undefined, ok);
}

export interface FunctionLibrary {
	readonly name: string;
	readonly engine: string;
	readonly functions: readonly LibraryFunction[];
	/** With `withCode`. */
	readonly code?: string;
}

export interface LibraryFunction {
	readonly name: string;
	readonly description: string | null;
	/** `no-writes`, `allow-stale`, … */
	readonly flags: readonly string[];
}

const asIs = (reply: WireReply): WireReply => reply;
const record = mapOf(asIs);
const texts = listOf(text);

const functions = listOf((reply): LibraryFunction => {
	const facts = record(reply);
	return {
		name: text(facts.get("name") ?? null),
		description: textOrNull(facts.get("description") ?? null),
		flags: texts(facts.get("flags") ?? null),
	};
});

const libraries = listOf((reply): FunctionLibrary => {
	const facts = record(reply);
	const code = facts.get("library_code");
	return {
		name: text(facts.get("library_name") ?? null),
		engine: text(facts.get("engine") ?? null),
		functions: functions(facts.get("functions") ?? null),
		...(code === undefined ? {} : { code: text(code) }),
	};
});

/** The libraries of one node; `library` is a glob-style pattern of their names. */
export function functionList(options?: {
	readonly library?: string;
	readonly withCode?: boolean;
}): Command<FunctionLibrary[]> {
	const args: Growing = ["FUNCTION", "LIST"];
	if (options?.library !== undefined) args.push("LIBRARYNAME", options.library);
	if (options?.withCode === true) args.push("WITHCODE");
	return write(args, undefined, libraries);
}

/** Calls a function of a library. @param reply reads what it returns, as `integer` or `text` */
export function fcall<T>(
	name: string,
	keys: readonly Arg[],
	args: readonly Arg[],
	reply: (reply: WireReply) => T,
): Command<T> {
	return withKeys(write(["FCALL", name, String(keys.length), ...keys, ...args], keys[0], reply), keys);
}

/** As {@link fcall}, of a function with the flag `no-writes`: a replica may run it. */
export function fcallRo<T>(
	name: string,
	keys: readonly Arg[],
	args: readonly Arg[],
	reply: (reply: WireReply) => T,
): Command<T> {
	return withKeys(read(["FCALL_RO", name, String(keys.length), ...keys, ...args], keys[0], reply), keys);
}

function withKeys<T>(command: Command<T>, keys: readonly Arg[]): Command<T> {
	return keys.length > 1 ? overKeys(command, keys) : command;
}
