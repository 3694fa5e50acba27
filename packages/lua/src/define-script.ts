import {
	type Command,
	type CommandError,
	checkKnown,
	defineScript as defineByPosition,
	type Encoding,
	InvalidArgumentError,
	sharedSlot,
	type WireReply,
} from "@rk/client";
import type { ArgCodecs, ArgsOf, KeysOf, ParamsOf } from "./arg-types.ts";
import { assemble } from "./assemble.ts";
import { checkHooks, checkSources } from "./definition-checks.ts";
import { ScriptMistakeError } from "./errors.ts";
import { type ErrorsByCode, explainer } from "./explain.ts";
import { mistakesIn } from "./mistakes.ts";
import { argParameters, checkIdentifier, keyParameters, type Values } from "./parameters.ts";

/** Reads a reply: a codec, or a decoder of `@rk/client`, which gets text unless `encoding` asks for bytes. */
export type ReplyReader<R> =
	| ((reply: WireReply) => R)
	| { readonly encoding: Encoding; decode(reply: WireReply): R };

/** A native command that does what the script does, on servers that have it. */
export interface NativeCommand<P extends readonly unknown[], R> {
	/** A command's name, as `DELEX`; or a name and a word among its arguments, as `SET IFEQ`. */
	readonly needs: string;
	/** `undefined`: not with these arguments. */
	command(...params: P): Command<R> | undefined;
}

export interface ScriptDefinition<K extends readonly string[], A extends ArgCodecs, R> {
	/** Names it in errors, and its file there: `<name>.lua`. */
	readonly name: string;
	/** The keys by name, in the order of `KEYS`. The last may be `"...names"`: any number of keys. */
	readonly keys: K;
	/** The arguments by name, in the order of `ARGV`. The last may be a `list`. @default none */
	readonly args?: A;
	readonly reply: ReplyReader<R>;
	/** The source; `--- @include "name"` on a line of its own stands for the text of that name. */
	readonly lua: string;
	/** Texts by the names that includes use. @default none */
	readonly includes?: Readonly<Record<string, string>>;
	/** It never writes: the server refuses writes, and a replica may serve it. @default false */
	readonly readOnly?: boolean;
	/**
	 * It may run when the server is out of memory: for what frees it. By default the server then refuses the script before it
	 * starts, so that it does not stop half way.
	 * @default false
	 */
	readonly allowOom?: boolean;
	/**
	 * Refuses the definition for mistakes that show in the source (keys that are not declared, replies that would be cut), and
	 * has the server refuse replies that Redis would alter. `false` leaves both out.
	 * @default true
	 */
	readonly strict?: boolean;
	/** What the error replies that the script gives on purpose mean, by their first word. @default none */
	readonly errors?: ErrorsByCode;
	/** Refuses what cannot go together, by throwing, before anything is sent. */
	check?(keys: KeysOf<K>, args: ArgsOf<A>): void;
	/** What `createScripts` sends instead, where every master has it; the first that is there. @default none */
	readonly native?: readonly NativeCommand<[keys: KeysOf<K>, args: ArgsOf<A>], R>[];
	/** With a decoder of `@rk/client` as `reply`: the strings that it gets. @default "utf8" */
	readonly encoding?: Encoding;
}

/** What is known of a script, whatever it takes. */
export interface AnyScript {
	/** As in the definition. (`name` is the function's own.) */
	readonly scriptName: string;
	/** As the server gets it: with its `#!lua` line, its includes, and what looks at the reply. */
	readonly source: string;
	/** The digest of `source`, by which the server knows it. */
	readonly sha1: string;
	/** How many values a call takes: keys and arguments, or one of both. */
	readonly takes: 1 | 2;
	readonly native: readonly NativeCommand<readonly unknown[], unknown>[];
	/** Makes the same command as calling the script does. */
	command(...params: readonly unknown[]): Command<unknown>;
	/**
	 * Makes of an error that a command of this script gave what it means: a {@link LuaError} with file and line, or one of the
	 * definition's `errors`. All else is given back as it is. For the results of batches and transactions; the methods of
	 * `createScripts` do it by themselves.
	 */
	explain<E>(error: E): E | CommandError;
}

/** A script: makes commands, for `command()`, `batch()`, `transaction()` and sessions. */
export interface Script<P extends readonly unknown[], R> extends AnyScript {
	/**
	 * @throws {InvalidArgumentError} a key or argument that is missing, unknown, or not what it must be
	 * @throws {CrossSlotError} keys that do not share a slot, cluster or not
	 */
	(...params: P): Command<R>;
}

/** The same, when what is given at a call is not known yet. */
interface Untyped extends Omit<ScriptDefinition<readonly string[], ArgCodecs, unknown>, "check"> {
	check?(keys: Values, args: Values): void;
}

/** What is taken for an option of {@link ScriptDefinition} that is left out. */
export const SCRIPT_DEFAULTS: {
	readonly readOnly: boolean;
	readonly allowOom: boolean;
	readonly strict: boolean;
} = Object.freeze({ readOnly: false, allowOom: false, strict: true });

const OPTIONS = [
	...["name", "keys", "args", "reply", "lua", "includes", "readOnly", "allowOom", "strict"],
	...["errors", "check", "native", "encoding"],
];

/**
 * Binds a Lua script to a typed function that makes commands; call it once, at module load.
 *
 * Values arrive exactly, or are refused with a typed error before anything is sent; replies likewise. All keys must share
 * a slot, so that what works on one server works in a cluster. For the way to the server, see `defineScript` of
 * `@rk/client`: by digest, and in a batch or transaction by source the first time.
 *
 * @throws {InvalidArgumentError} an option that is not acceptable
 * @throws {IncludeError} an include that is missing, comes twice, or includes itself
 * @throws {ScriptMistakeError} unless `strict` is `false`
 */
export function defineScript<
	const K extends readonly string[],
	R,
	// biome-ignore lint/complexity/noBannedTypes: no arguments, which is the default
	const A extends ArgCodecs = {},
>(definition: ScriptDefinition<K, A, R>): Script<ParamsOf<K, A>, R>;
export function defineScript(definition: Untyped): AnyScript {
	checkKnown("", definition, OPTIONS);
	const { name, lua, reply, args: codecs = {}, includes = {}, errors = {}, native = [] } = definition;
	const { readOnly = SCRIPT_DEFAULTS.readOnly, allowOom = SCRIPT_DEFAULTS.allowOom } = definition;
	const { strict = SCRIPT_DEFAULTS.strict } = definition;
	checkIdentifier("name", name);
	for (const [option, value] of Object.entries({ readOnly, strict, allowOom })) {
		if (typeof value !== "boolean") throw new InvalidArgumentError(option, value, "true or false");
	}
	checkSources(lua, includes);
	checkHooks(definition.check, errors, native);
	const keys = keyParameters(definition.keys);
	const args = argParameters(codecs);
	const { decode, encoding } = readerOf(reply, definition.encoding);

	const flags = [...(readOnly ? ["no-writes"] : []), ...(allowOom ? ["allow-oom"] : [])];
	const assembled = assemble({ script: name, lua, includes, flags, guarded: strict });
	if (strict) {
		const mistakes = mistakesIn(assembled.lines, { keys: keys.count, args: args.count });
		if (mistakes.length > 0) throw new ScriptMistakeError(name, mistakes);
	}
	const keyCount = Number.isFinite(keys.count) ? keys.count : "any";
	const byPosition = defineByPosition({
		lua: assembled.source,
		keys: keyCount,
		reply: decode,
		readOnly,
		encoding,
	});

	const command = (keysByName: Values, argsByName: Values = {}): Command<unknown> => {
		checkKnown("keys", keysByName, keys.names);
		checkKnown("args", argsByName, args.names);
		const wireKeys = keys.inOrder(keysByName);
		const wireArgs = args.inOrder(argsByName);
		const [first, ...others] = wireKeys;
		if (first !== undefined && others.length > 0) sharedSlot([first, ...others]);
		definition.check?.(keysByName, argsByName);
		return byPosition(wireKeys, wireArgs);
	};
	const facts: AnyScript = {
		scriptName: name,
		source: assembled.source,
		sha1: byPosition.sha1,
		takes: 2,
		native,
		command,
		explain: explainer(name, assembled, errors),
	};
	return Object.assign(command.bind(undefined), facts);
}

function readerOf<R>(
	reply: ReplyReader<R>,
	encoding: Encoding | undefined,
): { readonly encoding: Encoding; readonly decode: (reply: WireReply) => R } {
	if (typeof reply === "function") return { encoding: encoding ?? "utf8", decode: reply };
	if (typeof reply?.decode !== "function") {
		throw new InvalidArgumentError("reply", reply, "a codec such as int, or a decoder such as integer");
	}
	if (encoding !== undefined)
		throw new InvalidArgumentError("encoding", encoding, "left out: the codec has its own");
	return { encoding: reply.encoding, decode: (value) => reply.decode(value) };
}
