// Made by `pnpm check:api --write` from the build. Not published, not compiled: for reviews.

// @rk/lua

import { Command, CommandError, Arg, WireReply, Encoding, RkError, CallOptions, RedisPort, KeyPart } from '@rk/client';

/**
 * How a value goes to a script as an argument, and how it comes back as its reply: exact, or refused. `In` is what is
 * given, `Out` what is read.
 */
interface Codec<In, Out = In> {
    /** @throws {InvalidArgumentError} a value that would not arrive as it is; `argument` names it */
    encode(argument: string, value: In): Arg;
    /** @throws {UnexpectedReplyError} not such a value */
    decode(reply: WireReply): Out;
    /** Whether it reads text or bytes. */
    readonly encoding: Encoding;
}
/** A value that may be left out. Made by {@link optional}. */
interface OptionalCodec<In, Out = In> extends Codec<In | undefined, Out | null> {
    readonly optional: true;
}
/** Any number of values. Made by {@link list}. */
interface ListCodec<In, Out = In> {
    readonly item: Codec<In, Out>;
    decode(reply: WireReply): Out[];
    readonly encoding: Encoding;
}
/**
 * A value that may be left out: as an argument, `undefined` goes as `""`; as a reply, nil is `null`. An argument whose own
 * text is empty is refused, for the script could not tell it from none.
 */
declare function optional<In, Out>(codec: Codec<In, Out>): OptionalCodec<In, Out>;
/** Any number of values: as an argument, the last one of a script, from `ARGV[n]` to the end; as a reply, a list. */
declare function list<In, Out>(item: Codec<In, Out>): ListCodec<In, Out>;

/** Codecs by the names of the arguments, in the order of `ARGV`. */
type ArgCodecs = Readonly<Record<string, Codec<unknown, unknown> | ListCodec<unknown, unknown>>>;
/** The keys of a call by their names; of a name such as `"...items"`, any number of them. */
type KeysOf<K extends readonly string[]> = {
    readonly [N in K[number] as N extends `...${infer Name}` ? Name : N]: N extends `...${string}` ? readonly Arg[] : Arg;
};
type OptionalNames<A extends ArgCodecs> = {
    [N in keyof A]: A[N] extends {
        readonly optional: true;
    } ? N : never;
}[keyof A];
type GivenTo<C> = C extends ListCodec<infer In, unknown> ? readonly In[] : C extends OptionalCodec<infer In, unknown> ? In : C extends Codec<infer In, unknown> ? In : never;
/** The arguments of a call by their names; what is `optional` may be left out. */
type ArgsOf<A extends ArgCodecs> = {
    readonly [N in Exclude<keyof A, OptionalNames<A>>]: GivenTo<A[N]>;
} & {
    readonly [N in OptionalNames<A>]?: GivenTo<A[N]> | undefined;
};
/** What a call takes: the arguments may be left out where none must be given. */
type ParamsOf<K extends readonly string[], A extends ArgCodecs> = keyof A extends never ? [keys: KeysOf<K>, args?: Readonly<Record<string, never>>] : Partial<ArgsOf<A>> extends ArgsOf<A> ? [keys: KeysOf<K>, args?: ArgsOf<A>] : [keys: KeysOf<K>, args: ArgsOf<A>];

/** An error reply of the server: its first word, and all of its words. */
interface ErrorReply {
    readonly code: string;
    readonly reply: string;
}
/** What the error replies that a script gives on purpose mean, by their first word. */
type ErrorsByCode = Readonly<Record<string, (error: ErrorReply) => CommandError>>;

/** Reads a reply: a codec, or a decoder of `@rk/client`, which gets text unless `encoding` asks for bytes. */
type ReplyReader<R> = ((reply: WireReply) => R) | {
    readonly encoding: Encoding;
    decode(reply: WireReply): R;
};
/** A native command that does what the script does, on servers that have it. */
interface NativeCommand<P extends readonly unknown[], R> {
    /** A command's name, as `DELEX`; or a name and a word among its arguments, as `SET IFEQ`. */
    readonly needs: string;
    /** `undefined`: not with these arguments. */
    command(...params: P): Command<R> | undefined;
}
interface ScriptDefinition<K extends readonly string[], A extends ArgCodecs, R> {
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
interface AnyScript {
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
interface Script<P extends readonly unknown[], R> extends AnyScript {
    /**
     * @throws {InvalidArgumentError} a key or argument that is missing, unknown, or not what it must be
     * @throws {CrossSlotError} keys that do not share a slot, cluster or not
     */
    (...params: P): Command<R>;
}
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
declare function defineScript<const K extends readonly string[], R, const A extends ArgCodecs = {}>(definition: ScriptDefinition<K, A, R>): Script<ParamsOf<K, A>, R>;

/**
 * Deletes the key if its value is `expected`, byte for byte; `false` if it is not, or the key does not exist. It runs when the
 * server is out of memory, too.
 *
 * After an error with the outcome `unknown`, a second try gives `false` if the first one had deleted it. Where every server has
 * `DELEX` (Redis 8.4) or `DELIFEQ` (Valkey 9), `createScripts` sends that.
 */
declare const compareAndDelete: Script<[
    keys: {
        readonly key: Arg;
    },
    args: {
        readonly expected: Arg;
    }
], boolean>;

/**
 * Sets the value if it is `expected`, byte for byte; `false` if it is not, or the key does not exist. With `ttlMs` the key
 * gets that time to live; without, it keeps what it has.
 *
 * After an error with the outcome `unknown`, a second try gives `false` if the first one had set it. Where every server has
 * `SET … IFEQ` (Redis 8.4, Valkey 8.1), `createScripts` sends that.
 */
declare const compareAndSet: Script<[
    keys: {
        readonly key: Arg;
    },
    args: {
        readonly expected: Arg;
        readonly value: Arg;
        readonly ttlMs?: number | undefined;
    }
], boolean>;

/** The value as bytes, or `null`; from now on it lives `ttlMs` longer. Safe to repeat. */
declare const getAndExpire: Script<[
    keys: {
        readonly key: Arg;
    },
    args: {
        readonly ttlMs: number;
    }
], Buffer | null>;

/**
 * Adds `by` (1 or more) to a counter and gives its new value; −1, and nothing changed, if that were over `cap`. A counter
 * that does not exist counts as 0, and gets the time to live when it is made.
 *
 * After an error with the outcome `unknown` it may have been added. Where every server has `INCREX` (Redis 8.8),
 * `createScripts` sends that for calls without `ttlMs`.
 */
declare const incrWithCap: Script<[
    keys: {
        readonly counter: Arg;
    },
    args: {
        readonly by: number;
        readonly cap: number;
        readonly ttlMs?: number | undefined;
    }
], number>;

/**
 * Sets every key to the value in its place; all at once, for nobody sees some of them. All keys in one slot. With `ttlMs`
 * each gets that time to live; without, none. Safe to repeat. For keys of any slots, and no atomicity, there is `batchSet`
 * of `@rk/client`.
 */
declare const multiSet: Script<[
    keys: {
        readonly keys: readonly Arg[];
    },
    args: {
        readonly values: readonly Arg[];
        readonly ttlMs?: number | undefined;
    }
], void>;

/**
 * Sets a number if it is greater than the one that is there, or if none is; whether it did. With `ttlMs`, what is set gets
 * that time to live; without, it keeps what it has. Numbers are compared as doubles.
 *
 * Safe to repeat: a second try changes nothing, and gives `false`.
 */
declare const setIfGreater: Script<[
    keys: {
        readonly key: Arg;
    },
    args: {
        readonly value: number;
        readonly ttlMs?: number | undefined;
    }
], boolean>;

interface Transfer {
    /** Keys of two balances, in one slot: whole numbers of the smallest unit. A key that does not exist counts as 0. */
    readonly from: Arg;
    readonly to: Arg;
    /** 1 or more. */
    readonly amount: number;
    /**
     * A key in the same slot, under which the transfer is remembered: asked for again, it gives the same result and moves
     * nothing. Without it, an error with the outcome `unknown` leaves open whether it was done.
     */
    readonly idempotencyKey?: Arg | undefined;
    /** How long it is remembered, in milliseconds. @default 86_400_000, a day */
    readonly idempotencyTtlMs?: number | undefined;
}
/** What a transfer came to. */
interface Transferred {
    /** The balances after it. */
    readonly from: number;
    readonly to: number;
    /** It had been done before, under this idempotency key; the balances are those of then. */
    readonly repeated: boolean;
}
/**
 * Moves `amount` from one balance to another: both change, or neither.
 *
 * With an `idempotencyKey`, repeating the same transfer moves the amount once; what was refused is not remembered, and is
 * decided anew. The balances keep the time to live that they have.
 *
 * Rejects, as a method of `createScripts`, with {@link InsufficientFundsError} if `from` has less, with
 * {@link IdempotencyMismatchError} if the idempotency key belongs to another transfer, and with the code `RKBALANCE` if a
 * balance is, or would be, no whole number within ±(2^53 − 1). Of the results of a batch, `transfer.explain(error)` makes the same.
 */
declare const transfer: Script<[transfer: Transfer], Transferred>;

/** Text, of any length. A reply that is not UTF-8 needs {@link bytes}. */
declare const text: Codec<string>;
/** Bytes, or text as its UTF-8; read as a Buffer. */
declare const bytes: Codec<Arg, Buffer>;
/** `"1"` or `"0"`; reads 1 and 0, and nil, which is what Lua's `false` becomes, as `false`. */
declare const bool: Codec<boolean>;
/**
 * JSON, as `JSON.stringify` writes it. Numbers that JSON has not (NaN, the infinities, −0) are refused, wherever they are
 * in the value. `read` makes of what was parsed what it should be, and throws if it is not that.
 *
 * Mind `cjson` in the script: it writes numbers with 14 digits, and an empty list as `{}`.
 */
declare function json(): Codec<unknown>;
declare function json<T>(read: (value: unknown) => T): Codec<T>;

/** The scripts of a set by the names of their methods. */
type ScriptsByName = Readonly<Record<string, AnyScript>>;
/** Sends the script: what calling it takes, then options. */
type ScriptMethod<S> = S extends (...params: infer P) => Command<infer R> ? (...given: [...params: P, options?: CallOptions]) => Promise<R> : never;
/** What a set of scripts has besides its methods. */
interface ScriptSet extends AsyncDisposable {
    /**
     * Makes every script known to every master (`SCRIPT LOAD`), now and, until `close()`, after each reconnect and each change of
     * topology. Never needed, for the source goes along where it must; it spares the first calls that.
     *
     * @throws {PreloadError} a master did not take them: it gets them with its next reconnect, or with their first use
     * @throws {AbortedError} the signal was aborted
     */
    preload(options?: CallOptions): Promise<void>;
    /** Ends what `preload()` began; the methods go on to work. The port stays open. */
    close(): Promise<void>;
}
type Scripts<D extends ScriptsByName> = {
    readonly [N in keyof D]: ScriptMethod<D[N]>;
} & ScriptSet;
/**
 * A method for each script, which sends it and gives its result: `scripts.take({ counter }, { by: 1 })`.
 *
 * Each call is sent once, at most. A script that failed rejects with a {@link LuaError}, or with what its definition's
 * `errors` make of it. Where the server has a native command that does the same, that is sent.
 *
 * With a built-in that has a native command, it listens to the port until `close()`: make a set once, not for each request.
 *
 * @throws {InvalidArgumentError} no port, a value that is no script, or a name that the set has for itself
 */
declare function createScripts<const D extends ScriptsByName>(redis: RedisPort, scripts: D): Scripts<D>;

/** What the channel `rk:lua` tells. */
interface LuaDiagnostics {
    /** `preload()`, or what it does after a reconnect, has been to every master. */
    readonly type: "preloaded";
    /** How many scripts. */
    readonly scripts: number;
    /** The masters, and why some did not take them. */
    readonly nodes: readonly string[];
    readonly failed: ReadonlyMap<string, CommandError>;
}

/** Why an `--- @include` could not be followed. */
type IncludeFailure = "missing" | "cycle" | "duplicate" | "malformed";
/** An `--- @include` cannot be followed. Thrown when the script is defined. */
declare class IncludeError extends RkError {
    readonly name = "IncludeError";
    readonly code = "RK_LUA_INCLUDE";
    readonly reason: IncludeFailure;
    /** The script's name. */
    readonly script: string;
    /** Where the include stands. */
    readonly file: string;
    readonly line: number;
    /** What it names. */
    readonly include: string;
    constructor(reason: IncludeFailure, script: string, file: string, line: number, include: string);
}
/** What is certainly wrong in a script, and where. */
interface Mistake {
    readonly file: string;
    readonly line: number;
    readonly what: string;
}
/** The source of a script has mistakes that show without running it. Thrown when it is defined; see `strict`. */
declare class ScriptMistakeError extends RkError {
    readonly name = "ScriptMistakeError";
    readonly code = "RK_LUA_MISTAKE";
    /** The script's name. */
    readonly script: string;
    readonly mistakes: readonly Mistake[];
    constructor(script: string, mistakes: readonly Mistake[]);
}
/** Where a script failed, and by which kind of error. */
interface LuaFailure {
    /** The script's name. */
    readonly script: string;
    /** The file: `<script>.lua`, or the name of what was included. */
    readonly file: string;
    /** The line in that file, from 1. */
    readonly line: number;
    /** First word of the server's error: `WRONGTYPE`, `OOM`, …; `ERR` for an error of Lua itself. */
    readonly reason: string;
}
/**
 * A script failed: its Lua raised an error, or a command that it called did. What it wrote before that stays written;
 * Redis does not roll back.
 */
declare class LuaError extends CommandError implements LuaFailure {
    readonly name = "LuaError";
    readonly code = "RK_LUA_ERROR";
    readonly outcome = "refused";
    readonly script: string;
    readonly file: string;
    readonly line: number;
    readonly reason: string;
    constructor({ script, file, line, reason }: LuaFailure, what: string, options: ErrorOptions);
}
/**
 * A script replied with what Redis would have altered: a number that is not whole or not exact, or a list with nil in its
 * middle, which ends there, or with names, which are left out. What the script wrote stays written.
 */
declare class LuaReplyError extends CommandError {
    readonly name = "LuaReplyError";
    readonly code = "RK_LUA_REPLY";
    readonly outcome = "refused";
    /** The script's name. */
    readonly script: string;
    constructor(script: string, what: string, options: ErrorOptions);
}
/** There is less than the amount. Nothing was moved. */
declare class InsufficientFundsError extends CommandError {
    readonly name = "InsufficientFundsError";
    readonly code = "RK_INSUFFICIENT_FUNDS";
    readonly outcome = "refused";
    /** What there is. */
    readonly balance: number;
    constructor(balance: number, options?: ErrorOptions);
}
/** An idempotency key came again with another request. Nothing was moved. */
declare class IdempotencyMismatchError extends CommandError {
    readonly name = "IdempotencyMismatchError";
    readonly code = "RK_IDEMPOTENCY_MISMATCH";
    readonly outcome = "refused";
    constructor(options?: ErrorOptions);
}
/** `preload()` did not reach every master. The scripts work all the same: their source goes along where it must. */
declare class PreloadError extends RkError {
    readonly name = "PreloadError";
    readonly code = "RK_LUA_PRELOAD";
    /** The masters that lack a script, and why. */
    readonly failed: ReadonlyMap<string, CommandError>;
    constructor(failed: ReadonlyMap<string, CommandError>);
}

/** @throws {InvalidArgumentError} not a whole number between the two, within ±(2^53 − 1) */
declare function intFrom(min: number, max?: number): Codec<number>;
/**
 * A whole number within ±(2^53 − 1), which JavaScript and Lua both hold exactly (−0 is 0).
 *
 * Reads an integer within ±(2^53 − 49), beyond which a client may misread it, or text that holds a whole number within
 * ±(2^53 − 1).
 */
declare const int: Codec<number>;
/**
 * A finite number, as text that reads back as the same double, −0 included. A script must reply with text:
 * `string.format("%.17g", x)`; a Lua number loses its fraction on the way.
 */
declare const float: Codec<number>;

/**
 * Sibling keys that share a slot, so that one script may use them together: `const order = tagged("order", 42)`, then
 * `order()` is `{order:42}` and `order("lock")` is `{order:42}:lock`. Parts are escaped as by `makeKey`.
 *
 * @throws {InvalidArgumentError} the tag would be empty
 */
declare function tagged(...parts: ReadonlyArray<string | number | bigint>): (...rest: readonly KeyPart[]) => string;
/** Whether all these keys live in one slot of a cluster. */
declare function sameSlot(keys: readonly Arg[]): boolean;

export { IdempotencyMismatchError, IncludeError, InsufficientFundsError, LuaError, LuaReplyError, PreloadError, ScriptMistakeError, bool, bytes, compareAndDelete, compareAndSet, createScripts, defineScript, float, getAndExpire, incrWithCap, int, intFrom, json, list, multiSet, optional, sameSlot, setIfGreater, tagged, text, transfer };
export type { AnyScript, ArgCodecs, ArgsOf, Codec, ErrorReply, ErrorsByCode, IncludeFailure, KeysOf, ListCodec, LuaDiagnostics, LuaFailure, Mistake, NativeCommand, OptionalCodec, ParamsOf, ReplyReader, Script, ScriptDefinition, ScriptMethod, ScriptSet, Scripts, ScriptsByName, Transfer, Transferred };
