import { checkArray } from "./check.ts";
import { keysOf, needsOwnConnection } from "./command-table.ts";
import { canonical } from "./decode.ts";
import { InvalidArgumentError, type ServerError } from "./errors.ts";
import type { Script } from "./script.ts";

/** What may be sent. No numbers: a caller formats once, explicitly. */
export type Arg = string | Buffer;

/** A command as it goes on the wire; the name is uppercase, sub-commands are arguments of their own. */
export type Args = readonly [name: string, ...rest: Arg[]];

/**
 * The reply's canonical shape, the same for every client and both protocols.
 *
 * nil → `null`; integer → `number`, exact within ±(2^53 − 49), beyond which a client may misread it; simple, bulk and
 * verbatim strings → `string`, or `Buffer` with `encoding: "buffer"`; double → decimal string (`"inf"`, `"-inf"`); big
 * number → `string` (with `encoding: "buffer"` both are text or bytes, as the protocol has them); boolean → `0 | 1`; array and set → array; map → flat `[key, value, …]`. An error nested in an array
 * is a {@link ServerError} value, never thrown. Pair-shaped replies (`ZRANGE … WITHSCORES`, `XREAD`) are flat or nested as
 * the server sent them: read them through a decoder.
 */
export type Reply = null | number | string | Buffer | ServerError | readonly Reply[];

/** What a driver hands over, before {@link canonical}: errors and booleans as the driver has them. */
export type WireReply = null | number | string | boolean | Buffer | Error | readonly WireReply[];

/** Strings of a reply as utf-8 text or as bytes. */
export type Encoding = "utf8" | "buffer";

/** A command as a value: what to send, where to, and how to read the reply. Made by the builders or by {@link raw}. */
export interface Command<T> {
	readonly args: Args;
	/** Decides the node in a cluster; `undefined` for a command without keys, which goes to any master. */
	readonly key: Arg | undefined;
	/** All keys, where there are several: they must share a slot. */
	readonly keys: readonly Arg[] | undefined;
	/** A replica may serve it, if the client is set up to read from replicas. */
	readonly readOnly: boolean;
	readonly encoding: Encoding;
	/** It blocks, or changes the state of its connection: only a session takes it. */
	readonly session: boolean;
	/** The script that it runs by digest; the port sends the source where the server does not know it. */
	readonly script: Script | undefined;
	readonly decode: (reply: WireReply) => T;
}

/** The result type of a command: `ResultOf<Command<number>>` is `number`. */
export type ResultOf<C> = C extends Command<infer T> ? T : never;

/** @throws {InvalidArgumentError} an argument that is neither text nor bytes, which no type checker saw */
export function checkArgs(args: readonly unknown[], name?: string): void {
	for (let i = 0; i < args.length; i++) {
		const arg = args[i];
		if (typeof arg === "string" || Buffer.isBuffer(arg)) continue;
		throw new InvalidArgumentError(`${name ?? String(args[0])}[${i}]`, arg, "a string or a Buffer");
	}
}

/** @throws {InvalidArgumentError} what no type checker saw: an array of words, as other clients take it */
export function checkCommand(command: Command<unknown>): void {
	if (typeof command?.decode === "function") return;
	throw new InvalidArgumentError("command", command, "what a builder gives, such as get(key), or raw([…])");
}

/** A command that writes, or must be answered by the master. */
export function write<T>(
	args: Args,
	key: Arg | undefined,
	decode: (reply: WireReply) => T,
	encoding: Encoding = "utf8",
): Command<T> {
	checkArgs(args);
	return { args, key, keys: undefined, readOnly: false, encoding, session: false, script: undefined, decode };
}

/** A command that only reads, so that a replica may answer. */
export function read<T>(
	args: Args,
	key: Arg | undefined,
	decode: (reply: WireReply) => T,
	encoding: Encoding = "utf8",
): Command<T> {
	checkArgs(args);
	return { args, key, keys: undefined, readOnly: true, encoding, session: false, script: undefined, decode };
}

/** The same command over several keys, which must share a slot. */
export function overKeys<T>(command: Command<T>, keys: readonly Arg[]): Command<T> {
	return { ...command, key: keys[0], keys };
}

export interface RawOptions {
	/** The routing key. @default the first key by the server's command table */
	readonly key?: Arg;
	/** A replica may serve it. @default false */
	readonly readOnly?: boolean;
	/** @default "utf8" */
	readonly encoding?: Encoding;
}

export interface DecodedRawOptions<T> extends RawOptions {
	/** Reads the reply: `integer`, `text`, `listOf(text)`, … */
	readonly decode: (reply: WireReply) => T;
}

/**
 * A command for which there is no builder: `raw(["OBJECT", "FREQ", "k"])`, or with its reply read,
 * `raw(["OBJECT", "FREQ", "k"], { decode: integer })`.
 *
 * @throws {InvalidArgumentError} no command name, or an argument that is neither text nor bytes
 */
export function raw(args: readonly Arg[], options?: RawOptions): Command<Reply>;
export function raw<T>(args: readonly Arg[], options: DecodedRawOptions<T>): Command<T>;
export function raw(
	args: readonly Arg[],
	options: Partial<DecodedRawOptions<unknown>> = {},
): Command<unknown> {
	checkArray("args", args);
	const [name, ...rest] = args;
	if (typeof name !== "string" || name === "") {
		throw new InvalidArgumentError("args[0]", name, "the command's name, as text");
	}
	const wire: Args = [name.toUpperCase(), ...rest];
	checkArgs(wire);
	const keys = keysOf(wire);
	return {
		args: wire,
		key: options.key ?? keys[0],
		keys: options.key === undefined && keys.length > 1 ? keys : undefined,
		readOnly: options.readOnly ?? false,
		encoding: options.encoding ?? "utf8",
		session: needsOwnConnection(wire),
		script: undefined,
		decode: options.decode ?? canonical,
	};
}
