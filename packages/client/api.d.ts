// Made by `pnpm check:api --write` from the build. Not published, not compiled: for reviews.

// @rk/client

/**
 * Calls `listener` once when the signal aborts; the result takes that back. All who wait for one signal share one listener on it: Node.js
 * takes eleven for a leak, and warns.
 */
declare function onAbort(signal: AbortSignal, listener: () => void): () => void;

/**
 * Base of every error that an `@rk/*` package throws on its own account.
 *
 * `code` names the kind of failure and changes only in a major release; `message` is for people and may change in any.
 * Tell kinds apart by `code`: `instanceof` of the subclasses fails between two copies of a package in one process (ESM
 * beside CommonJS, two versions in one tree). `instanceof RkError` itself holds across copies.
 */
declare abstract class RkError extends Error {
    abstract readonly code: string;
    protected constructor(message: string, options?: ErrorOptions);
    static [Symbol.hasInstance](value: unknown): boolean;
}
/** An argument or option is not acceptable. Thrown before anything is sent. */
declare class InvalidArgumentError extends RkError {
    readonly name = "InvalidArgumentError";
    readonly code = "RK_INVALID_ARGUMENT";
    /** The option or argument, as a path: `sessions.max`. */
    readonly argument: string;
    /** What was given. */
    readonly value: unknown;
    /** What is allowed, in words. */
    readonly allowed: string;
    constructor(argument: string, value: unknown, allowed: string);
}
/**
 * Did the server possibly run the command?
 *
 * - `not-sent`: no. The bytes never left; sending it again is safe.
 * - `unknown`: maybe. Only idempotent work may be tried again.
 * - `refused`: the server answered with an error. For a plain command nothing was changed; a script or a transaction
 *   may have changed things before it failed.
 */
type Outcome = "not-sent" | "unknown" | "refused";
/** The command that an error is about, where it is about one. */
interface FailedCommand {
    /** Its name, as `SET` or `CONFIG GET`, and nothing of its arguments, which may be secrets. */
    readonly command?: string;
    /** `host:port` of the server that it went to, or was to go to. */
    readonly node?: string;
}
interface CommandErrorOptions extends ErrorOptions, FailedCommand {
}
/** A command did not give its reply. {@link CommandError.outcome} says whether the server possibly ran it. */
declare abstract class CommandError extends RkError implements FailedCommand {
    abstract readonly outcome: Outcome;
    /** The command's name, as `SET` or `CONFIG GET`, never its arguments; missing where the error is not about one command. */
    readonly command?: string;
    /** `host:port` of the server that it went to, or was to go to, where that is known. */
    readonly node?: string;
    protected constructor(message: string, options?: CommandErrorOptions);
}
/**
 * The server answered with an error. `code` is the error's first word: `NOSCRIPT`, `WRONGTYPE`, `BUSY`, `READONLY`,
 * `OOM`, or a script's own; `ERR` where the server gave none.
 */
declare class ServerError extends CommandError {
    #private;
    readonly name = "ServerError";
    readonly code: string;
    readonly outcome = "refused";
    constructor(message: string, options?: CommandErrorOptions);
    /** The server's own words, all of them and no others: what a script gives to `redis.error_reply` can be read from here. */
    get reply(): string;
}
/** The connection was lost, or could not be used. */
declare class ConnectionError extends CommandError {
    readonly name = "ConnectionError";
    readonly code = "RK_CONNECTION";
    readonly outcome: "not-sent" | "unknown";
    constructor(message: string, outcome: "not-sent" | "unknown", options?: CommandErrorOptions);
}
/** The deadline passed. The connection stays usable. */
declare class TimeoutError extends CommandError {
    readonly name = "TimeoutError";
    readonly code = "RK_TIMEOUT";
    readonly outcome: "not-sent" | "unknown";
    readonly timeoutMs: number;
    constructor(what: string, timeoutMs: number, outcome: "not-sent" | "unknown", options?: CommandErrorOptions);
}
/** The caller's signal aborted; `cause` is the signal's reason. */
declare class AbortedError extends CommandError {
    readonly name = "AbortedError";
    readonly code = "RK_ABORTED";
    readonly outcome: "not-sent" | "unknown";
    constructor(reason: unknown, outcome: "not-sent" | "unknown", failed?: FailedCommand);
}
/**
 * `close()` was called, here or on the native client, or the client gave up reconnecting. A command that was waiting
 * for its reply at that moment has the outcome `unknown`, every other `not-sent`.
 */
declare class ClosedError extends CommandError {
    readonly name = "ClosedError";
    readonly code = "RK_CLOSED";
    readonly outcome: "not-sent" | "unknown";
    constructor(message?: string, outcome?: "not-sent" | "unknown", options?: CommandErrorOptions);
}
/** Keys that must share one slot live in different slots of the cluster. Thrown before anything is sent. */
declare class CrossSlotError extends CommandError {
    readonly name = "CrossSlotError";
    readonly code = "RK_CROSS_SLOT";
    readonly outcome = "not-sent";
    /** Two keys that do not share a slot. */
    readonly keys: readonly [string, string];
    constructor(first: string | Buffer, second: string | Buffer, failed?: FailedCommand);
}
/** The reply is not of the kind that the command promises: a decoder was given to the wrong command. */
declare class UnexpectedReplyError extends CommandError {
    #private;
    readonly name = "UnexpectedReplyError";
    readonly code = "RK_UNEXPECTED_REPLY";
    /** The server did run the command; only its reply is not understood. */
    readonly outcome = "unknown";
    /** What the decoder reads, in words. */
    readonly expected: string;
    constructor(expected: string, reply: unknown, options?: CommandErrorOptions);
    /** What the server replied; not shown with the error. */
    get reply(): unknown;
}
/** A watched key changed in every attempt of {@link transact}; nothing was written. */
declare class TransactionConflictError extends CommandError {
    readonly name = "TransactionConflictError";
    readonly code = "RK_TRANSACTION_CONFLICT";
    readonly outcome = "refused";
    readonly attempts: number;
    constructor(attempts: number);
}
/** Some keys of a batch did not get their result. */
declare class BatchError extends RkError {
    readonly name = "BatchError";
    readonly code = "RK_BATCH";
    /** What succeeded, by key. */
    readonly ok: ReadonlyMap<string, unknown>;
    /** Why the rest did not, by key, each with its outcome. */
    readonly failed: ReadonlyMap<string, CommandError>;
    constructor(what: "read" | "set", ok: ReadonlyMap<string, unknown>, failed: ReadonlyMap<string, CommandError>);
}
/** Why a connection could not be made. */
type ConnectFailure = "refused" | "unreachable" | "timeout" | "tls" | "auth" | "not-a-cluster" | "cluster-node" | "not-a-sentinel" | "no-master" | "driver-missing" | "other";
/** `connect`, `connectCluster` or `connectSentinel` could not give a working client; nothing is left open. */
declare class ConnectError extends RkError {
    readonly name = "ConnectError";
    readonly code = "RK_CONNECT";
    readonly reason: ConnectFailure;
    /** The address or addresses tried. */
    readonly node: string;
    constructor(reason: ConnectFailure, node: string, message: string, options?: ErrorOptions);
}

/** A Lua script together with the digest that the server knows it by. */
interface Script {
    readonly source: string;
    readonly sha1: string;
    readonly readOnly: boolean;
}
interface ScriptDefinition<T> {
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
interface ScriptCall<T> extends Script {
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
declare function defineScript<T>(definition: ScriptDefinition<T>): ScriptCall<T>;

/** What may be sent. No numbers: a caller formats once, explicitly. */
type Arg = string | Buffer;
/** A command as it goes on the wire; the name is uppercase, sub-commands are arguments of their own. */
type Args = readonly [name: string, ...rest: Arg[]];
/**
 * The reply's canonical shape, the same for every client and both protocols.
 *
 * nil → `null`; integer → `number`, exact within ±(2^53 − 49), beyond which a client may misread it; simple, bulk and
 * verbatim strings → `string`, or `Buffer` with `encoding: "buffer"`; double → decimal string (`"inf"`, `"-inf"`); big
 * number → `string` (with `encoding: "buffer"` both are text or bytes, as the protocol has them); boolean → `0 | 1`; array and set → array; map → flat `[key, value, …]`. An error nested in an array
 * is a {@link ServerError} value, never thrown. Pair-shaped replies (`ZRANGE … WITHSCORES`, `XREAD`) are flat or nested as
 * the server sent them: read them through a decoder.
 */
type Reply = null | number | string | Buffer | ServerError | readonly Reply[];
/** What a driver hands over, before {@link canonical}: errors and booleans as the driver has them. */
type WireReply = null | number | string | boolean | Buffer | Error | readonly WireReply[];
/** Strings of a reply as utf-8 text or as bytes. */
type Encoding = "utf8" | "buffer";
/** A command as a value: what to send, where to, and how to read the reply. Made by the builders or by {@link raw}. */
interface Command<T> {
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
type ResultOf<C> = C extends Command<infer T> ? T : never;
interface RawOptions {
    /** The routing key. @default the first key by the server's command table */
    readonly key?: Arg;
    /** A replica may serve it. @default false */
    readonly readOnly?: boolean;
    /** @default "utf8" */
    readonly encoding?: Encoding;
}
interface DecodedRawOptions<T> extends RawOptions {
    /** Reads the reply: `integer`, `text`, `listOf(text)`, … */
    readonly decode: (reply: WireReply) => T;
}
/**
 * A command for which there is no builder: `raw(["OBJECT", "FREQ", "k"])`, or with its reply read,
 * `raw(["OBJECT", "FREQ", "k"], { decode: integer })`.
 *
 * @throws {InvalidArgumentError} no command name, or an argument that is neither text nor bytes
 */
declare function raw(args: readonly Arg[], options?: RawOptions): Command<Reply>;
declare function raw<T>(args: readonly Arg[], options: DecodedRawOptions<T>): Command<T>;

interface CallOptions {
    /**
     * Total time in milliseconds, waiting for the connection included. The call rejects with a TimeoutError; the connection
     * stays usable, and a reply that comes later is dropped.
     * @default the port's `commandTimeoutMs`
     */
    readonly timeoutMs?: number;
    /** Before the write: the command is never sent (outcome `not-sent`). After it: only the wait ends (`unknown`). */
    readonly signal?: AbortSignal;
}
/** The results of a batch, in its order: an error takes the place of the result that is missing. */
type BatchResults<C extends readonly Command<unknown>[]> = {
    -readonly [I in keyof C]: ResultOf<C[I]> | CommandError;
};
/** The results of a transaction: a command that failed inside it, or whose reply is not understood, has the error in its place. */
type TransactionResults<C extends readonly Command<unknown>[]> = {
    -readonly [I in keyof C]: ResultOf<C[I]> | CommandError;
};
/** What takes commands: the port, and a session. */
interface CommandTarget {
    /**
     * Sends one command. At most once: when the connection is lost after the bytes left, it rejects with the outcome
     * `unknown` and nothing sends it again. Redirections of a cluster (MOVED, ASK, TRYAGAIN) are followed, since the server
     * did not run the command.
     *
     * @throws {CommandError} no reply, with the {@link CommandError.outcome}
     * @throws {InvalidArgumentError} a command that blocks or changes its connection, outside a session
     */
    command<T>(command: Command<T>, options?: CallOptions): Promise<T>;
    /**
     * Sends many in one go, in order, for any slots, without atomicity. Each has its own outcome, in its own place; the
     * batch itself never rejects for one command.
     *
     * @throws {InvalidArgumentError} one of them is only for a session: none is sent
     * @throws {CrossSlotError} in a cluster, one of them has keys in different slots: none is sent
     */
    batch<const C extends readonly Command<unknown>[]>(commands: C, options?: CallOptions): Promise<BatchResults<C>>;
}
/** The whole of Redis that `@rk/*` packages use. An adapter gives it over the client that the application has. */
interface RedisPort extends CommandTarget, AsyncDisposable {
    readonly topology: Topology;
    /**
     * MULTI … EXEC in one go; all or nothing is run, and nothing of other connections in between. All keys in one slot.
     * A command that fails inside EXEC has its error in its place, and what the others did stays. For WATCH see
     * {@link session}.
     *
     * @throws {ServerError} a command was refused when it was queued: nothing ran
     * @throws {CrossSlotError} before anything is sent
     */
    transaction<const C extends readonly Command<unknown>[]>(commands: C, options?: CallOptions): Promise<TransactionResults<C>>;
    /**
     * Lends a connection of its own on the node of `key`, for WATCH, blocking commands and connection state. It does not
     * reconnect: once lost, every further call rejects, so that a WATCH is never lost in silence. It is used again only if
     * it comes back clean.
     *
     * @throws {TimeoutError} no connection within `acquireTimeoutMs`: `not-sent`
     */
    session<T>(key: Arg | undefined, work: (session: RedisSession) => Promise<T>, options?: SessionOptions): Promise<T>;
    /** Resolves when the server has confirmed every name. On connections of its own, never on the one for commands. */
    subscribe(request: SubscribeRequest): Promise<Subscription>;
    /**
     * Server-assisted invalidation (`CLIENT TRACKING … BCAST`) of keys with these prefixes, on connections of its own, one per
     * master. Resolves when every master has confirmed it.
     */
    trackPrefixes(request: TrackRequest): Promise<Subscription>;
    /** All keys of every master, in pages, with the guarantees of SCAN: a key may come twice. */
    scan(options?: ScanOptions): AsyncIterable<string[]>;
    /** The command on every master, whatever its keys; results by node. Never rejects for one node. */
    everyMaster<T>(command: Command<T>, options?: CallOptions): Promise<ReadonlyMap<string, T | CommandError>>;
    /** One PING per master, each with its own deadline. Never rejects. @param timeoutMs default 1000 */
    health(timeoutMs?: number): Promise<Health>;
    /**
     * `up` and `down` of a connection for commands; `topology` when slots or the master changed.
     * Returns what takes the listener off again.
     */
    on(event: PortEvent, listener: (info: PortEventInfo) => void): () => void;
    /**
     * Takes no more commands, ends subscriptions (also those being made), waits up to `graceMs` (default 1000) for replies under way, then ends
     * sessions and settles the rest: what waits for a connection as `not-sent`, what waits for a reply as `unknown`. Closes
     * the native client only if `connect…` made it.
     */
    close(options?: {
        readonly graceMs?: number;
    }): Promise<void>;
    /** The application's client, for what the port leaves out. */
    readonly native: unknown;
}
type PortEvent = "up" | "down" | "topology";
interface PortEventInfo {
    /** `host:port` of the node, where one is meant. */
    readonly node?: string;
    readonly cause?: unknown;
}
interface SessionOptions {
    /** Destroys the connection when it aborts: the only way to end a blocking command. */
    readonly signal?: AbortSignal;
    /** How long to wait for a free connection, in milliseconds. @default the port's `sessions.acquireTimeoutMs` */
    readonly acquireTimeoutMs?: number;
}
/** A connection of one's own. See {@link RedisPort.session}. */
interface RedisSession extends CommandTarget {
    watch(keys: readonly Arg[], options?: CallOptions): Promise<void>;
    unwatch(options?: CallOptions): Promise<void>;
    /** `null`: a watched key changed, and nothing ran. Otherwise as {@link RedisPort.transaction}. */
    exec<const C extends readonly Command<unknown>[]>(commands: C, options?: CallOptions): Promise<TransactionResults<C> | null>;
}
interface SubscribeRequest {
    /** @default "channel" */
    readonly kind?: SubscriptionKind;
    /** Text names; all of one slot when `kind` is `shard` in a cluster. */
    readonly names: readonly string[];
    /** What it throws becomes a process warning (`RK_LISTENER_ERROR`), and touches neither the connection nor others. */
    readonly onMessage: (payload: Buffer, channel: string, pattern?: string) => void;
    /** The connection went: from this tick on messages may be missed, until `onGap` says that they come again. */
    readonly onLost?: () => void;
    /** Messages may have been missed between the two instants (Unix ms); called once the server confirmed anew. */
    readonly onGap?: (gap: SubscriptionGap) => void;
    /** Time for the server to confirm every name, in milliseconds. @default the port's `commandTimeoutMs` */
    readonly timeoutMs?: number;
    /** Ends the subscription, also while it is being made. */
    readonly signal?: AbortSignal;
}
type SubscriptionKind = "channel" | "pattern" | "shard";
interface SubscriptionGap {
    readonly lostAt: number;
    readonly resumedAt: number;
}
interface TrackRequest {
    /** Key prefixes; none may be the beginning of another. */
    readonly prefixes: readonly string[];
    /** `null`: everything, after FLUSHALL or FLUSHDB. */
    readonly onInvalidate: (keys: readonly Buffer[] | null) => void;
    /** Invalidations may have been missed: drop all that was cached. */
    readonly onGap: () => void;
    /** Time for every master to confirm it, in milliseconds. @default the port's `commandTimeoutMs` */
    readonly timeoutMs?: number;
    readonly signal?: AbortSignal;
}
interface Subscription extends AsyncDisposable {
    /** Resolves when the server has confirmed the end, or the connection is gone. May be called again. */
    close(): Promise<void>;
    readonly closed: boolean;
}
interface ScanOptions {
    /** A glob-style pattern. @default all keys */
    readonly match?: string;
    /** Keys the server looks at per page, about. @default 100 */
    readonly count?: number;
    /** `string`, `hash`, `list`, `set`, `zset` or `stream`. @default all types */
    readonly type?: string;
    readonly signal?: AbortSignal;
}
interface Topology {
    readonly kind: "standalone" | "sentinel" | "cluster";
    /** The slot of a key, 0–16383; −1 outside a cluster. */
    slotOf(key: Arg): number;
    /** `host:port` of every master that is known. */
    masters(): readonly string[];
    /** `host:port` of a slot's master; outside a cluster, the master. */
    masterOf(slot: number): string | undefined;
}
interface Health {
    /** Every node answered. */
    readonly ok: boolean;
    readonly nodes: readonly NodeHealth[];
}
interface NodeHealth {
    readonly node: string;
    readonly ok: boolean;
    /** Round trip of the PING in milliseconds. */
    readonly rttMs?: number;
    readonly error?: CommandError;
}

interface BatchKeysOptions extends CallOptions {
    /** Keys in one command, at most. @default 500 */
    readonly chunk?: number;
}
/**
 * The values of many keys, whatever their slots: one MGET per slot and 500 keys, all in one go.
 *
 * Keys that do not exist are not in the map; a key given twice is read once. A key that holds another type counts as missing,
 * as MGET has it. Not a snapshot: each MGET is.
 *
 * @throws {BatchError} some could not be read; it has the values of the rest
 */
declare function batchGet(redis: RedisPort, keys: Iterable<string>, options?: BatchKeysOptions): Promise<Map<string, string>>;
/** {@link batchGet}, with the values as bytes. */
declare function batchGetBuffer(redis: RedisPort, keys: Iterable<string>, options?: BatchKeysOptions): Promise<Map<string, Buffer>>;
interface BatchSetOptions extends CallOptions {
    /** Each key's time to live in milliseconds; `null` keeps it until it is deleted. */
    readonly ttlMs: number | null;
}
/**
 * Sets many keys, whatever their slots, each with the time to live: one SET a key, all in one go. Not atomic: some may be
 * set and others not, and the error says which.
 *
 * @throws {BatchError} some could not be set, or may not have been: `failed` has each key's error with its outcome
 */
declare function batchSet(redis: CommandTarget, entries: Iterable<readonly [key: string, value: Arg]>, options: BatchSetOptions): Promise<void>;

/** @throws {InvalidArgumentError} not a whole number between the two */
declare function checkInteger(argument: string, value: unknown, min: number, max?: number): void;
/** @throws {InvalidArgumentError} not a time in milliseconds that a timer can wait */
declare function checkMs(argument: string, value: unknown, min?: number): void;
/** Text that Redis tells from all other texts. */
declare function isText(value: unknown): value is string;
/** @throws {InvalidArgumentError} an option that nobody reads: a misspelling, or another library's name for it */
declare function checkKnown(argument: string, options: object, known: readonly string[]): void;
/** @throws {InvalidArgumentError} no port: such as a library's own client, which has a `command` too, of another meaning */
declare function checkPort(argument: string, redis: RedisPort): void;

type LinkState = "ready" | "down" | "closed";
/** One connection that carries commands, as a client library has it for one server. */
interface Link {
    /** `host:port` of the server that it is, or was last, connected to. */
    readonly node: string;
    /**
     * `ready`: what is sent now is written at once. `down`: it is being connected, or connected again.
     * `closed`: it never comes back. Read before every command, so it must be cheap.
     */
    readonly state: LinkState;
    /**
     * Writes one command, in order; those of one tick share a few writes. Only called while `ready`.
     *
     * At most once: when the connection is lost before the reply, the promise rejects and nothing sends the command again.
     * Rejects with whatever the library has; {@link Driver.fault} reads it.
     */
    send(args: Args, encoding: Encoding): Promise<WireReply>;
    /**
     * The same for commands that belong together (MULTI … EXEC; ASKING and what follows): contiguous on the wire, and if the
     * connection is lost in between, the rest is not sent on the next one.
     */
    sendTogether(commands: readonly Args[], encoding: Encoding): Array<Promise<WireReply>>;
    /** Calls back after each change of `state`, and of `node`. Returns what takes the listener off again. */
    onState(listener: (state: LinkState, cause?: unknown) => void): () => void;
    /**
     * Rejects what the port has in flight, where the library allows it, with what {@link Driver.fault} reads as closed and
     * `unknown`; its replies are dropped.
     */
    abandon?(): void;
    /** Begins to connect, where the library waits to be asked. */
    connect?(): void;
}
/**
 * A connection that belongs to the port alone, for a session or for subscriptions. Made connected; it does not
 * reconnect, and has `closed` as its last state.
 */
interface OwnLink extends Link {
    /** Resolves when the server confirmed every name. The rest of the names stay subscribed when one is refused. */
    subscribe(kind: SubscriptionKind, names: readonly string[]): Promise<void>;
    /** Resolves when the server confirmed every name. Names are never empty. */
    unsubscribe(kind: SubscriptionKind, names: readonly string[]): Promise<void>;
    /**
     * Messages, from the first subscription on. Set once, before it. `payload` is a Buffer, or what the server sends on
     * `__redis__:invalidate` (an array of Buffers, or null).
     */
    onMessage(listener: (kind: SubscriptionKind, payload: unknown, channel: string, pattern?: string) => void): void;
    /** The server ended these shard subscriptions, because their slot moved. */
    onShardMoved(listener: () => void): void;
    /** Destroys it at once. What is in flight rejects. */
    destroy(): void;
}
interface OpenOptions {
    /** `host:port` in a cluster; elsewhere the master is meant. */
    readonly node: string | undefined;
    /** `resp2` for tracking, whose invalidations one client gives in that protocol only. */
    readonly protocol: "as-configured" | "resp2";
    /** The connection is a replica's, which must be told that reads are wanted. */
    readonly readOnly: boolean;
    /** A server that accepts and stays silent counts as one that does not connect. */
    readonly timeoutMs: number;
}
/** What a client library gives, under one shape. */
interface Driver {
    readonly kind: "standalone" | "sentinel" | "cluster";
    /** The application's client. */
    readonly native: unknown;
    /**
     * What an error of the library means for the command that got it, which the error is to name: {@link Link.send} and
     * {@link Driver.open} reject with it. One lost connection may be the end of many commands: each gets an error of its own.
     * Never throws.
     */
    fault(error: unknown, failed?: FailedCommand): CommandError;
    /** The master's, outside a cluster; it follows a failover by itself. `undefined` in a cluster. */
    readonly link: Link | undefined;
    /** In a cluster only. */
    readonly cluster: ClusterDriver | undefined;
    /** A connected connection of its own. Rejects when it cannot be had within `timeoutMs`, and leaves nothing open. */
    open(options: OpenOptions): Promise<OwnLink>;
    /** Called at the end of `close()`: takes every listener off, and ends the native client if `connect…` made it. */
    close(): Promise<void>;
}
/** The slots and nodes, as the library's cluster client knows them. */
interface ClusterDriver {
    /** Masters that own slots, `host:port`. */
    masters(): readonly string[];
    masterOf(slot: number): string | undefined;
    /** `host:port` of the replicas of a slot's master, if the client is set up to read from them. */
    replicasOf(slot: number): readonly string[];
    /** The connection to a node; `undefined` when the client does not know the node now. */
    linkAt(node: string): Link | undefined;
    /**
     * Asks a node for the slots again; resolves when the answer is in place. `slot` is one that moved, or −1. A library that
     * only learns by being redirected can be asked for a key of it: keyInSlot().
     */
    refresh(slot: number): Promise<void>;
    /** Calls back when nodes or slots changed. Returns what takes the listener off again. */
    onTopology(listener: () => void): () => void;
}

/** Which node of a cluster serves a command that only reads. */
type ReadFrom = "master" | "replica" | "any" | "nearest";

/** One, or several, of which there must be at least one. */
type OneOrMore = Arg | readonly Arg[];
/** What goes in pairs: a Map, or `Object.entries(…)`. At least one pair. */
type Pairs = Iterable<readonly [Arg, Arg]>;

/** The bit that was there before. A far offset makes the server allocate all bytes up to it, at once. */
declare function setbit(key: Arg, offset: number, bit: boolean): Command<boolean>;
declare function getbit(key: Arg, offset: number): Command<boolean>;
interface BitRange {
    readonly start: number;
    /** Included; negative ones count from the end. */
    readonly end: number;
    /** What `start` and `end` count. @default "byte" */
    readonly unit?: "byte" | "bit";
}
/** How many bits are 1. */
declare function bitcount(key: Arg, range?: BitRange): Command<number>;
/** The place of the first such bit, counted in bits from the beginning of the value; −1: none. */
declare function bitpos(key: Arg, bit: boolean, range?: BitRange): Command<number>;
/** Replaces `destination`; its length in bytes. `not` takes one key. */
declare function bitop(operation: "and" | "or" | "xor" | "not", destination: Arg, keys: OneOrMore): Command<number>;
/** `u1` to `u63`, `i1` to `i64`. */
type BitfieldType = `u${number}` | `i${number}`;
/** Where a field begins, in bits. */
interface BitfieldPlace {
    readonly type: BitfieldType;
    readonly offset: number;
}
type BitfieldOperation = {
    readonly get: BitfieldPlace;
} | {
    readonly set: BitfieldPlace;
    readonly to: number;
} | {
    readonly incrby: BitfieldPlace;
    readonly delta: number;
}
/** For the operations behind it; `fail`: the result is `null`, and nothing is written. */
 | {
    readonly overflow: "wrap" | "saturate" | "fail";
};
/**
 * Runs the operations in order; gives the value read, the value before a `set`, and the value after an `incrby`. Those are
 * exact as far as {@link Reply} says.
 */
declare function bitfield(key: Arg, operations: readonly BitfieldOperation[]): Command<Array<number | null>>;
/** The fields at these places, which a replica may read. */
declare function bitfieldRo(key: Arg, places: readonly BitfieldPlace[]): Command<number[]>;

/** When a key shall be gone: at most one of the two. */
interface Expiry {
    /** In so many milliseconds, 1 or more. */
    readonly ttlMs?: number;
    /** At this Unix time in milliseconds. In the past: at once. */
    readonly expireAtMs?: number;
}
interface ExpireOptions {
    /** What has no TTL counts as living for ever. @default always */
    readonly onlyIf?: "no-ttl" | "has-ttl" | "longer" | "shorter";
}

/** Loads a library, whose first line names it, on the node that it comes to; its name. */
declare function functionLoad(code: string, options?: {
    readonly replace?: boolean;
}): Command<string>;
/** Rejects with a ServerError when that node has no such library. */
declare function functionDelete(library: string): Command<void>;
/** That node forgets all libraries. */
declare function functionFlush(): Command<void>;
interface FunctionLibrary {
    readonly name: string;
    readonly engine: string;
    readonly functions: readonly LibraryFunction[];
    /** With `withCode`. */
    readonly code?: string;
}
interface LibraryFunction {
    readonly name: string;
    readonly description: string | null;
    /** `no-writes`, `allow-stale`, … */
    readonly flags: readonly string[];
}
/** The libraries of one node; `library` is a glob-style pattern of their names. */
declare function functionList(options?: {
    readonly library?: string;
    readonly withCode?: boolean;
}): Command<FunctionLibrary[]>;
/** Calls a function of a library. @param reply reads what it returns, as `integer` or `text` */
declare function fcall<T>(name: string, keys: readonly Arg[], args: readonly Arg[], reply: (reply: WireReply) => T): Command<T>;
/** As {@link fcall}, of a function with the flag `no-writes`: a replica may run it. */
declare function fcallRo<T>(name: string, keys: readonly Arg[], args: readonly Arg[], reply: (reply: WireReply) => T): Command<T>;

interface ScanPageOptions {
    /** A glob-style pattern. @default everything */
    readonly match?: string;
    /** What the server looks at per page, about. @default 10 */
    readonly count?: number;
}

declare function hget(key: Arg, field: Arg): Command<string | null>;
declare function hgetBuffer(key: Arg, field: Arg): Command<Buffer | null>;
/** By the order of the fields. */
declare function hmget(key: Arg, fields: OneOrMore): Command<Array<string | null>>;
declare function hmgetBuffer(key: Arg, fields: OneOrMore): Command<Array<Buffer | null>>;
/** All of it, empty if there is no such key. One big hash stalls the server: see {@link hscan}. */
declare function hgetall(key: Arg): Command<Map<string, string>>;
/** Values as bytes, fields as text. */
declare function hgetallBuffer(key: Arg): Command<Map<string, Buffer>>;
/** `true`: the field is new. */
declare function hset(key: Arg, field: Arg, value: Arg): Command<boolean>;
/** How many of the fields are new. */
declare function hsetMany(key: Arg, fields: Pairs): Command<number>;
/** `false`: the field exists, and keeps its value. */
declare function hsetnx(key: Arg, field: Arg, value: Arg): Command<boolean>;
/** How many of the fields there were. */
declare function hdel(key: Arg, fields: OneOrMore): Command<number>;
declare function hexists(key: Arg, field: Arg): Command<boolean>;
declare function hlen(key: Arg): Command<number>;
declare function hkeys(key: Arg): Command<string[]>;
declare function hvals(key: Arg): Command<string[]>;
/** Bytes of the value, 0 if there is none. */
declare function hstrlen(key: Arg, field: Arg): Command<number>;
/** The new value; exact as far as {@link Reply} says, and {@link hincrbyBigInt} beyond. */
declare function hincrby(key: Arg, field: Arg, delta: number): Command<number>;
/** The new value, exact over the whole 64-bit range; beyond it, rejects with a ServerError and changes nothing. */
declare function hincrbyBigInt(key: Arg, field: Arg, delta: bigint): Command<bigint>;
/** The new value. Sums of fractions drift: count in whole units where it matters. */
declare function hincrbyfloat(key: Arg, field: Arg, delta: number): Command<number>;
/** One page of fields and values, with the cursor of the next: `"0"` begins and ends. A small hash comes whole. */
declare function hscan(key: Arg, cursor: string, options?: ScanPageOptions): Command<[cursor: string, fields: Array<[string, string]>]>;
/** Field by field: 1 set, 0 `onlyIf` does not hold, −2 no such field. Redis ≥ 7.4, Valkey ≥ 9. */
declare function hpexpire(key: Arg, ttlMs: number, fields: OneOrMore, options?: ExpireOptions): Command<number[]>;
/** Field by field, in milliseconds; −1 no TTL, −2 no such field. Redis ≥ 7.4, Valkey ≥ 9. */
declare function hpttl(key: Arg, fields: OneOrMore): Command<number[]>;

/** `true`: the estimate may have changed. */
declare function pfadd(key: Arg, elements: OneOrMore): Command<boolean>;
/** About how many different elements were added to any of the keys: standard error 0.81 %. */
declare function pfcount(keys: OneOrMore): Command<number>;
/** Adds what the sources counted to `destination`, which keeps its own. */
declare function pfmerge(destination: Arg, sources: OneOrMore): Command<void>;

/** How many of the keys there were. */
declare function del(keys: OneOrMore): Command<number>;
/** As {@link del}, but the server frees the memory in the background: the one to use for big values. */
declare function unlink(keys: OneOrMore): Command<number>;
/** How many of the keys there are; a key that is given twice counts twice. */
declare function exists(keys: OneOrMore): Command<number>;
/** `string`, `hash`, `list`, `set`, `zset`, `stream`, a module's own, or `none`. */
declare function type(key: Arg): Command<string>;
/** Rejects with a ServerError when there is no `key`. */
declare function rename(key: Arg, newKey: Arg): Command<void>;
/** `false`: `newKey` exists already, and nothing was done. */
declare function renamenx(key: Arg, newKey: Arg): Command<boolean>;
/** `false`: there is no `source`, or there is a `destination` already and `replace` is not set. */
declare function copy(source: Arg, destination: Arg, options?: {
    readonly replace?: boolean;
}): Command<boolean>;
/** `false`: there is no such key, or `onlyIf` does not hold. */
declare function pexpire(key: Arg, ttlMs: number, options?: ExpireOptions): Command<boolean>;
/** At a Unix time in milliseconds; one in the past deletes the key. Otherwise as {@link pexpire}. */
declare function pexpireat(key: Arg, expireAtMs: number, options?: ExpireOptions): Command<boolean>;
/** What is left, in milliseconds; −1: no TTL; −2: no such key. */
declare function pttl(key: Arg): Command<number>;
/** The Unix time in milliseconds at which the key expires; −1: never; −2: no such key. */
declare function pexpiretime(key: Arg): Command<number>;
/** Takes the TTL off. `false`: there was none, or no such key. */
declare function persist(key: Arg): Command<boolean>;
/** One page of one node's keys, with the cursor of the next: `"0"` begins and ends. */
declare function scan(cursor: string, options?: ScanPageOptions & {
    readonly type?: string;
}): Command<[cursor: string, keys: string[]]>;
/** How the server stores the value: `listpack`, `hashtable`, `int`, …; `null`: no such key. */
declare function objectEncoding(key: Arg): Command<string | null>;
/** How often it is used, on the server's logarithmic scale; only under an LFU eviction policy. */
declare function objectFreq(key: Arg): Command<number | null>;
/** Seconds since it was last used; not under an LFU eviction policy. */
declare function objectIdletime(key: Arg): Command<number | null>;
/**
 * Bytes that key and value take, estimated from so many elements; `null`: no such key.
 *
 * @param samples 0 looks at every element and stalls the server on a big value. @default 5
 */
declare function memoryUsage(key: Arg, samples?: number): Command<number | null>;

/** At the head, so that the last of several comes first; the new length. */
declare function lpush(key: Arg, values: OneOrMore): Command<number>;
/** At the tail; the new length. */
declare function rpush(key: Arg, values: OneOrMore): Command<number>;
/** As {@link lpush}, but only to a list that exists; otherwise 0. */
declare function lpushx(key: Arg, values: OneOrMore): Command<number>;
/** As {@link rpush}, but only to a list that exists; otherwise 0. */
declare function rpushx(key: Arg, values: OneOrMore): Command<number>;
declare function lpop(key: Arg): Command<string | null>;
/** Up to `count` from the head; `null`: no such key. */
declare function lpopMany(key: Arg, count: number): Command<string[] | null>;
declare function rpop(key: Arg): Command<string | null>;
/** Up to `count` from the tail, the last first; `null`: no such key. */
declare function rpopMany(key: Arg, count: number): Command<string[] | null>;
declare function llen(key: Arg): Command<number>;
/** Negative indexes count from the tail. */
declare function lindex(key: Arg, index: number): Command<string | null>;
/** Rejects with a ServerError when there is nothing at `index`. */
declare function lset(key: Arg, index: number, value: Arg): Command<void>;
/** From the head so many that equal `value`; a negative count: from the tail; 0: all. How many there were. */
declare function lrem(key: Arg, count: number, value: Arg): Command<number>;
/** From `start` to `stop`, both included; negative ones count from the tail. */
declare function lrange(key: Arg, start: number, stop: number): Command<string[]>;
/** Keeps only `start` to `stop`, both included. */
declare function ltrim(key: Arg, start: number, stop: number): Command<void>;
/** The new length; −1: no `pivot`; 0: no such key. */
declare function linsert(key: Arg, place: "before" | "after", pivot: Arg, value: Arg): Command<number>;
interface LposOptions {
    /** The how-manieth match is wanted; negative: counted from the tail. @default 1 */
    readonly rank?: number;
    /** Compares no more than so many. @default all */
    readonly maxLength?: number;
}
/** The index of `value`. */
declare function lpos(key: Arg, value: Arg, options?: LposOptions): Command<number | null>;
type ListEnd = "left" | "right";
/** Takes from one end and puts at another, perhaps of the same list; `null`: `source` is empty. */
declare function lmove(source: Arg, destination: Arg, from: ListEnd, to: ListEnd): Command<string | null>;
/** Waits for a value, in a session. `null`: none came within `blockMs`; 0 waits for ever. */
declare function blpop(keys: OneOrMore, blockMs: number): Command<[key: string, value: string] | null>;
/** As {@link blpop}, from the tail. */
declare function brpop(keys: OneOrMore, blockMs: number): Command<[key: string, value: string] | null>;
/** As {@link lmove}, but waits for a value, in a session. `null`: none came within `blockMs`; 0 waits for ever. */
declare function blmove(source: Arg, destination: Arg, from: ListEnd, to: ListEnd, blockMs: number): Command<string | null>;

/**
 * How many connections of that node got the message: of a whole cluster's, nobody knows. There, all messages of one channel go by the
 * same node, so that they keep their order.
 */
declare function publish(channel: Arg, message: Arg): Command<number>;
/** To a shard channel, which belongs to the slot of its name; how many connections of that node got the message. */
declare function spublish(channel: Arg, message: Arg): Command<number>;
/** Channels that somebody on that node listens to. @param pattern a glob-style pattern, default all */
declare function pubsubChannels(pattern?: Arg): Command<string[]>;
/** How many on that node listen to each channel, patterns not counted. */
declare function pubsubNumsub(channels: OneOrMore): Command<Map<string, number>>;
/** How many patterns that node has listeners for. */
declare function pubsubNumpat(): Command<number>;
/** How many on that node listen to each shard channel. */
declare function pubsubShardnumsub(channels: OneOrMore): Command<Map<string, number>>;

/** Makes the script known to the node that it comes to, and gives its digest. */
declare function scriptLoad(source: string): Command<string>;
/** Whether that node knows each script, by the order of the digests. */
declare function scriptExists(sha1s: OneOrMore): Command<boolean[]>;
/** That node forgets all scripts. */
declare function scriptFlush(): Command<void>;

declare function ping(): Command<string>;
/** The server's clock: Unix time in milliseconds, with the microseconds as a fraction. */
declare function time(): Command<number>;
/** Facts by the server's names. @param sections `memory`, `commandstats`, …; default: what the server thinks best */
declare function info(sections?: OneOrMore): Command<Map<string, string>>;
/** How many keys there are. */
declare function dbsize(): Command<number>;
/** Deletes every key of the database. */
declare function flushdb(): Command<void>;
/** Settings whose names match one of the glob-style patterns. Managed servers often refuse it. */
declare function configGet(patterns: OneOrMore): Command<Map<string, string>>;
/** All of them, or none. Managed servers often refuse it. */
declare function configSet(settings: Pairs): Command<void>;
/** The id of the connection that carries the command. */
declare function clientId(): Command<number>;
/** Facts about the connection that carries the command, by the server's names: `id`, `addr`, `resp`, … */
declare function clientInfo(): Command<Map<string, string>>;
type ClientType = "normal" | "master" | "replica" | "pubsub";
/** Facts about each connection, as {@link clientInfo}. */
declare function clientList(options?: {
    readonly type?: ClientType;
}): Command<Array<Map<string, string>>>;
/** Ends connections, but not the one that carries the command; how many. */
declare function clientKill(which: {
    readonly id: number;
} | {
    readonly type: ClientType;
}): Command<number>;
interface CommandInfo {
    readonly name: string;
    /** Arguments, the name included; negative: at least so many. */
    readonly arity: number;
    /** `write`, `readonly`, `blocking`, … */
    readonly flags: readonly string[];
}
/** By the order of the names (`GET`, `CLIENT|ID`); `null` for a command that the server does not have. */
declare function commandInfo(names: OneOrMore): Command<Array<CommandInfo | null>>;
/**
 * Waits, in a session, until so many replicas have what the session wrote before; how many have it, which may be fewer
 * after `blockMs`. 0 waits for ever.
 */
declare function wait(replicas: number, blockMs: number): Command<number>;

/** How many of the members are new. */
declare function sadd(key: Arg, members: OneOrMore): Command<number>;
/** How many of the members there were. */
declare function srem(key: Arg, members: OneOrMore): Command<number>;
declare function sismember(key: Arg, member: Arg): Command<boolean>;
/** By the order of the members. */
declare function smismember(key: Arg, members: OneOrMore): Command<boolean[]>;
/** All of it. One big set stalls the server: see {@link sscan}. */
declare function smembers(key: Arg): Command<string[]>;
declare function scard(key: Arg): Command<number>;
/** Takes a random member out. */
declare function spop(key: Arg): Command<string | null>;
/** Takes up to `count` random members out. */
declare function spopMany(key: Arg, count: number): Command<string[]>;
declare function srandmember(key: Arg): Command<string | null>;
/** Up to `count` different members; with a negative count exactly so many, of which some may be the same. */
declare function srandmemberMany(key: Arg, count: number): Command<string[]>;
/** `false`: `member` is not in `source`. */
declare function smove(source: Arg, destination: Arg, member: Arg): Command<boolean>;
declare function sinter(keys: OneOrMore): Command<string[]>;
declare function sunion(keys: OneOrMore): Command<string[]>;
/** The first set without the members of the others. */
declare function sdiff(keys: OneOrMore): Command<string[]>;
/** How many members the sets share, counted up to `limit`. */
declare function sintercard(keys: OneOrMore, limit?: number): Command<number>;
/** Replaces `destination`; its size. */
declare function sinterstore(destination: Arg, keys: OneOrMore): Command<number>;
/** Replaces `destination`; its size. */
declare function sunionstore(destination: Arg, keys: OneOrMore): Command<number>;
/** Replaces `destination`; its size. */
declare function sdiffstore(destination: Arg, keys: OneOrMore): Command<number>;
/** One page of members, with the cursor of the next: `"0"` begins and ends. A small set may come whole. */
declare function sscan(key: Arg, cursor: string, options?: ScanPageOptions): Command<[cursor: string, members: string[]]>;

/** A score that belongs to the range, or `{ exclusive: score }`, which does not. Infinities for no bound. */
type ScoreBound = number | {
    readonly exclusive: number;
};
declare function zcount(key: Arg, min: ScoreBound, max: ScoreBound): Command<number>;
/** Where all scores are equal: bounds as the server has them, `[a`, `(a`, `-` and `+`. */
declare function zlexcount(key: Arg, min: Arg, max: Arg): Command<number>;
interface RangeOptions {
    /** From the highest score to the lowest. @default false */
    readonly reverse?: boolean;
}
interface RangeLimit extends RangeOptions {
    /** Skips `offset` and gives up to `count`; the server walks over what it skips. @default all */
    readonly limit?: {
        readonly offset?: number;
        readonly count: number;
    };
}
/** By rank, from `start` to `stop`, both included; negative ones count from the other end. */
declare function zrange(key: Arg, start: number, stop: number, options?: RangeOptions): Command<string[]>;
declare function zrangeWithScores(key: Arg, start: number, stop: number, options?: RangeOptions): Command<Array<[member: string, score: number]>>;
declare function zrangeByScore(key: Arg, min: ScoreBound, max: ScoreBound, options?: RangeLimit): Command<string[]>;
declare function zrangeByScoreWithScores(key: Arg, min: ScoreBound, max: ScoreBound, options?: RangeLimit): Command<Array<[member: string, score: number]>>;
/** Where all scores are equal: bounds as for {@link zlexcount}. */
declare function zrangeByLex(key: Arg, min: Arg, max: Arg, options?: RangeLimit): Command<string[]>;
/** Replaces `destination` by a range of `source`; its size. */
declare function zrangestore(destination: Arg, source: Arg, start: number, stop: number, options?: RangeOptions): Command<number>;
declare function zrangestoreByScore(destination: Arg, source: Arg, min: ScoreBound, max: ScoreBound, options?: RangeLimit): Command<number>;
/** How many were removed. */
declare function zremrangebyrank(key: Arg, start: number, stop: number): Command<number>;
/** How many were removed. */
declare function zremrangebyscore(key: Arg, min: ScoreBound, max: ScoreBound): Command<number>;
/** How many were removed. Bounds as for {@link zlexcount}. */
declare function zremrangebylex(key: Arg, min: Arg, max: Arg): Command<number>;

interface ZaddOptions {
    /** Writes only a new member, only one that is there, or (new ones apart) only a greater or a smaller score. */
    readonly onlyIf?: "absent" | "present" | "greater" | "less";
    /** Members with a changed score count as new ones do. @default false */
    readonly countChanged?: boolean;
}
/** 1: the member is new, or its score changed and `countChanged` is set; otherwise 0. */
declare function zadd(key: Arg, member: Arg, value: number, options?: ZaddOptions): Command<number>;
/** How many of the members are new; with `countChanged`, or have another score than before. */
declare function zaddMany(key: Arg, members: Iterable<readonly [member: Arg, score: number]>, options?: ZaddOptions): Command<number>;
/** The new score. */
declare function zincrby(key: Arg, member: Arg, delta: number): Command<number>;
/** How many of the members there were. */
declare function zrem(key: Arg, members: OneOrMore): Command<number>;
declare function zscore(key: Arg, member: Arg): Command<number | null>;
/** By the order of the members. */
declare function zmscore(key: Arg, members: OneOrMore): Command<Array<number | null>>;
/** How many members are before this one, from the lowest score on. */
declare function zrank(key: Arg, member: Arg): Command<number | null>;
/** How many members are before this one, from the highest score on. */
declare function zrevrank(key: Arg, member: Arg): Command<number | null>;
declare function zcard(key: Arg): Command<number>;
/** Takes out up to `count` with the lowest scores. */
declare function zpopmin(key: Arg, count?: number): Command<Array<[member: string, score: number]>>;
/** Takes out up to `count` with the highest scores. */
declare function zpopmax(key: Arg, count?: number): Command<Array<[member: string, score: number]>>;
/** A {@link bzpopmin}'s result, `null` when nothing came in time. */
interface PoppedMember {
    readonly key: string;
    readonly member: string;
    readonly score: number;
}
/** Waits for the member with the lowest score, in a session. `null`: none within `blockMs`; 0 waits for ever. */
declare function bzpopmin(keys: OneOrMore, blockMs: number): Command<PoppedMember | null>;
/** As {@link bzpopmin}, with the highest score. */
declare function bzpopmax(keys: OneOrMore, blockMs: number): Command<PoppedMember | null>;
declare function zrandmember(key: Arg): Command<string | null>;
/** Up to `count` different members; with a negative count exactly so many, of which some may be the same. */
declare function zrandmemberMany(key: Arg, count: number): Command<string[]>;
interface ZstoreOptions {
    /** What each key's scores are multiplied by, by the order of the keys. @default 1 */
    readonly weights?: readonly number[];
    /** How the scores of one member become one. @default "sum" */
    readonly aggregate?: "sum" | "min" | "max";
}
/** Replaces `destination`; its size. Over millions of members the server stalls for seconds. */
declare function zunionstore(destination: Arg, keys: OneOrMore, options?: ZstoreOptions): Command<number>;
/** Replaces `destination`; its size. */
declare function zinterstore(destination: Arg, keys: OneOrMore, options?: ZstoreOptions): Command<number>;
/** Replaces `destination` by the first set without the members of the others; its size. */
declare function zdiffstore(destination: Arg, keys: OneOrMore): Command<number>;
/** One page of members and scores, with the cursor of the next: `"0"` begins and ends. A small set comes whole. */
declare function zscan(key: Arg, cursor: string, options?: ScanPageOptions): Command<[cursor: string, members: Array<[member: string, score: number]>]>;

/** The canonical shape: see {@link Reply}. */
declare function canonical(reply: WireReply): Reply;
/** `+OK` and its like: a command that can only succeed or reject. */
declare function ok(_reply: WireReply): void;
declare function text(reply: WireReply): string;
declare function textOrNull(reply: WireReply): string | null;
declare function bytes(reply: WireReply): Buffer;
declare function bytesOrNull(reply: WireReply): Buffer | null;
declare function integer(reply: WireReply): number;
declare function integerOrNull(reply: WireReply): number | null;
/** Text that holds a whole number of any size, as `GET` gives it. */
declare function bigInteger(reply: WireReply): bigint;
declare function bigIntegerOrNull(reply: WireReply): bigint | null;
/** `1` → true, `0` → false. */
declare function flag(reply: WireReply): boolean;
/** `+OK` → true, nil → false: conditional writes such as `SET … NX`. */
declare function done(reply: WireReply): boolean;
/** A double: text in either protocol, `inf` and `-inf` included. */
declare function double(reply: WireReply): number;
declare function doubleOrNull(reply: WireReply): number | null;
/** An array whose items `item` reads. */
declare function listOf<T>(item: (reply: WireReply) => T): (reply: WireReply) => T[];
/** The same, where nil stands for no array at all. */
declare function listOrNullOf<T>(item: (reply: WireReply) => T): (reply: WireReply) => T[] | null;
/** Pairs, whether the server sent them flat or nested; nil counts as none. */
declare function pairsOf<A, B>(first: (reply: WireReply) => A, second: (reply: WireReply) => B): (reply: WireReply) => Array<[A, B]>;
/** Fields and values as a Map, so that a field named `__proto__` is only a field. */
declare function mapOf<V>(value: (reply: WireReply) => V): (reply: WireReply) => Map<string, V>;
/** Members with their scores, best read as `Array<[member, score]>`. */
declare const scored: (reply: WireReply) => Array<[string, number]>;
/** One entry of a stream: its id, and its fields in order (a field may occur twice). */
type StreamEntry = [id: string, fields: Array<[string, string]>];
/** Entries as `XRANGE` gives them. An entry that was deleted while it was pending has no fields. */
declare const entries: (reply: WireReply) => StreamEntry[];
/** Streams as `XREAD` gives them, by key; none when it waited in vain. */
declare const streams: (reply: WireReply) => Array<[key: string, entries: StreamEntry[]]>;
/** Two items, each read in its own way, as of `[cursor, items]`. */
declare function tupleOf<A, B>(first: (reply: WireReply) => A, second: (reply: WireReply) => B): (reply: WireReply) => [A, B];

interface XgroupCreateOptions {
    /** Makes an empty stream if there is none; otherwise that is an error. @default false */
    readonly makeStream?: boolean;
}
/** A group that begins behind `id` (`$`: the newest there is). Rejects with `BUSYGROUP` when it exists. */
declare function xgroupCreate(key: Arg, group: Arg, id: string, options?: XgroupCreateOptions): Command<void>;
/** `false`: there was no such group. */
declare function xgroupDestroy(key: Arg, group: Arg): Command<boolean>;
/** What the group reads next is behind `id`. */
declare function xgroupSetid(key: Arg, group: Arg, id: string): Command<void>;
/** `false`: it exists already. */
declare function xgroupCreateconsumer(key: Arg, group: Arg, consumer: Arg): Command<boolean>;
/** How many pending entries went with it: nobody will be given them again. */
declare function xgroupDelconsumer(key: Arg, group: Arg, consumer: Arg): Command<number>;
/** How many of the entries were pending. */
declare function xack(key: Arg, group: Arg, ids: OneOrMore): Command<number>;
/** What a group has delivered and nobody has acknowledged. */
interface PendingSummary {
    readonly count: number;
    /** `null` when nothing is pending. */
    readonly firstId: string | null;
    readonly lastId: string | null;
    /** How many each consumer has, for those that have any. */
    readonly consumers: ReadonlyMap<string, number>;
}
declare function xpending(key: Arg, group: Arg): Command<PendingSummary>;
interface PendingEntry {
    readonly id: string;
    readonly consumer: string;
    /** Since it was last delivered. */
    readonly idleMs: number;
    readonly deliveries: number;
}
interface XpendingRangeOptions {
    /** Only those of this consumer. */
    readonly consumer?: Arg;
    /** Only those that were last delivered so long ago. */
    readonly minIdleMs?: number;
}
/** Up to `count` pending entries, from `start` to `end` as for `xrange`. */
declare function xpendingRange(key: Arg, group: Arg, start: string, end: string, count: number, options?: XpendingRangeOptions): Command<PendingEntry[]>;
/** Gives these pending entries to `consumer`, unless they were delivered less than `minIdleMs` ago. */
declare function xclaim(key: Arg, group: Arg, consumer: Arg, minIdleMs: number, ids: OneOrMore): Command<StreamEntry[]>;
interface Claimed {
    /** Where to go on; `"0-0"`: all was looked at. */
    readonly cursor: string;
    readonly entries: StreamEntry[];
    /** Were pending, but have been deleted from the stream, and are pending no more. */
    readonly deletedIds: string[];
}
/** Looks at up to `count` pending entries from `cursor` on, and gives those that are idle enough to `consumer`. */
declare function xautoclaim(key: Arg, group: Arg, consumer: Arg, minIdleMs: number, cursor: string, count?: number): Command<Claimed>;

/** How far a stream is cut: at most so many entries, or none with an id before `minId`. */
type StreamTrim = ({
    readonly maxLength: number;
} | {
    readonly minId: string;
}) & {
    /** To the entry, which costs more; otherwise as far as whole nodes go. @default false */
    readonly exact?: boolean;
};
interface XaddOptions {
    /** @default "*", the server's choice: its clock in milliseconds, and a sequence number */
    readonly id?: string;
    readonly trim?: StreamTrim;
    /** Does not make the stream if there is none: the result is then `null`. @default false */
    readonly onlyIfPresent?: boolean;
}
/** The entry's id. */
declare function xadd(key: Arg, fields: Pairs, options?: XaddOptions): Command<string | null>;
/** How many entries were removed. */
declare function xtrim(key: Arg, trim: StreamTrim): Command<number>;
declare function xlen(key: Arg): Command<number>;
/** How many of the entries there were. */
declare function xdel(key: Arg, ids: OneOrMore): Command<number>;
/** From `start` to `end`, both included, `(id` excluded; `-` and `+` are the first and the last. */
declare function xrange(key: Arg, start: string, end: string, count?: number): Command<StreamEntry[]>;
/** As {@link xrange}, but from `end`, the newest, down to `start`. */
declare function xrevrange(key: Arg, end: string, start: string, count?: number): Command<StreamEntry[]>;
interface XreadOptions {
    /** At most so many entries of each stream. @default all */
    readonly count?: number;
    /** Waits so long for an entry, in a session; 0 waits for ever. @default does not wait */
    readonly blockMs?: number;
}
/** Streams with what was read of them; those without entries are left out. */
type StreamsRead = Array<[key: string, entries: StreamEntry[]]>;
/** Entries behind the given id of each stream: `[["events", "0"]]`; `$` stands for the newest there is now. */
declare function xread(from: Pairs, options?: XreadOptions): Command<StreamsRead>;
interface XreadgroupOptions extends XreadOptions {
    /** Entries count as acknowledged when they are sent: lost if the consumer fails. @default false */
    readonly noAck?: boolean;
}
/** For a consumer of a group: `>` gives entries that no consumer had; an id, this consumer's own pending ones behind it. */
declare function xreadgroup(group: Arg, consumer: Arg, from: Pairs, options?: XreadgroupOptions): Command<StreamsRead>;
/** All facts of the stream by the server's names: `length`, `last-generated-id`, `first-entry`, … */
declare function xinfoStream(key: Arg): Command<Map<string, Reply>>;
/** Each group's facts by the server's names: `name`, `pending`, `last-delivered-id`, `lag`, … */
declare function xinfoGroups(key: Arg): Command<Array<Map<string, Reply>>>;
/** Each consumer's facts by the server's names: `name`, `pending`, `idle` (in milliseconds), … */
declare function xinfoConsumers(key: Arg, group: Arg): Command<Array<Map<string, Reply>>>;

declare function get(key: Arg): Command<string | null>;
declare function getBuffer(key: Arg): Command<Buffer | null>;
/** A counter, exact over the whole 64-bit range. Rejects when the value is not a whole number. */
declare function getBigInt(key: Arg): Command<bigint | null>;
/** An expiry, or neither: then the key has no TTL afterwards, whatever it had before. */
interface SetOptions extends Expiry {
    /** Leaves the TTL as it is. */
    readonly keepTtl?: boolean;
    /** Writes only if there is no such key, or only if there is one. @default always */
    readonly onlyIf?: "absent" | "present";
}
/** `false`: `onlyIf` did not hold, and nothing was written. */
declare function set(key: Arg, value: Arg, options?: SetOptions): Command<boolean>;
/** Sets, and gives what was there before, also when `onlyIf` did not hold. */
declare function setGet(key: Arg, value: Arg, options?: SetOptions): Command<string | null>;
/** By the order of the keys; `null` for one that is not there, or holds no string. */
declare function mget(keys: readonly Arg[]): Command<Array<string | null>>;
declare function mgetBuffer(keys: readonly Arg[]): Command<Array<Buffer | null>>;
/** All at once, and without a TTL. */
declare function mset(entries: Pairs): Command<void>;
/** `false`: one of the keys exists, and nothing was written. */
declare function msetnx(entries: Pairs): Command<boolean>;
interface GetexOptions extends Expiry {
    /** Takes the TTL off. */
    readonly persist?: boolean;
}
/** Reads, and gives the key another TTL, or takes it off. */
declare function getex(key: Arg, options: GetexOptions): Command<string | null>;
declare function getexBuffer(key: Arg, options: GetexOptions): Command<Buffer | null>;
/** Reads and deletes. */
declare function getdel(key: Arg): Command<string | null>;
declare function getdelBuffer(key: Arg): Command<Buffer | null>;
/** The new value; exact as far as {@link Reply} says, and {@link incrbyBigInt} beyond. */
declare function incr(key: Arg): Command<number>;
declare function decr(key: Arg): Command<number>;
declare function incrby(key: Arg, delta: number): Command<number>;
declare function decrby(key: Arg, delta: number): Command<number>;
/** The new value, exact over the whole 64-bit range; beyond it, rejects with a ServerError and changes nothing. */
declare function incrbyBigInt(key: Arg, delta: bigint): Command<bigint>;
/** The new value. Sums of fractions drift: count in whole units where it matters. */
declare function incrbyfloat(key: Arg, delta: number): Command<number>;
/** The new length in bytes. */
declare function append(key: Arg, value: Arg): Command<number>;
/** Bytes, 0 if there is no such key. */
declare function strlen(key: Arg): Command<number>;
/** Bytes `start` to `end`, both included; negative ones count from the end. */
declare function getrange(key: Arg, start: number, end: number): Command<string>;
/** Overwrites from byte `offset` on; the new length in bytes. */
declare function setrange(key: Arg, offset: number, value: Arg): Command<number>;

/** Connections for sessions. Commands do not use them: they share one connection to each server. */
interface SessionPoolOptions {
    /** The most at a time, for each master. @default 100 */
    readonly max?: number;
    /** Kept open and idle, from the first session on, so that a burst need not wait. @default 0 */
    readonly minIdle?: number;
    /** More idle ones than this are closed when they come back. @default 50 */
    readonly maxIdle?: number;
    /** An idle one is closed after this time, in milliseconds. @default 300_000 */
    readonly idleMs?: number;
    /** One is not lent again after this age, in milliseconds. @default 1_800_000 */
    readonly lifetimeMs?: number;
    /** How long to wait for a free one, in milliseconds. @default 4_000 */
    readonly acquireTimeoutMs?: number;
}

/** The port's own options, whichever client it is over. */
interface PortOptions {
    /** Default of `timeoutMs` of every command, in milliseconds. @default none: a command waits as long as it takes */
    readonly commandTimeoutMs?: number;
    /** How long a connection of the port's own (for sessions and subscriptions) may take to be made. @default 5_000 */
    readonly connectTimeoutMs?: number;
    /** Connections for sessions. */
    readonly sessions?: SessionPoolOptions;
    /**
     * In a cluster, which node serves a command that only reads. All but `master` may read what is out of date, and need a
     * client that connects to replicas.
     * @default "master"
     */
    readonly readFrom?: ReadFrom;
}
/** The port over a client library, given its driver, which it closes if it refuses the options. @throws {InvalidArgumentError} */
declare function createPort(driver: Driver, options?: PortOptions): RedisPort;

/** What `node:tls` needs to know; `true` stands for its defaults. */
interface TlsOptions {
    readonly ca?: string | Buffer | Array<string | Buffer>;
    readonly cert?: string | Buffer;
    readonly key?: string | Buffer;
    readonly passphrase?: string;
    /** The name that the certificate must be for. @default the host */
    readonly servername?: string;
    /** `false` accepts any certificate. @default true */
    readonly rejectUnauthorized?: boolean;
}
interface CommonConnectOptions {
    readonly username?: string;
    readonly password?: string;
    /** Encrypts the connection. @default false, or as the URL says */
    readonly tls?: boolean | TlsOptions;
    /** Shown by CLIENT LIST. @default none */
    readonly clientName?: string;
    /** Time for the connection, the login and the first PING together, in milliseconds. @default 5_000 */
    readonly connectTimeoutMs?: number;
    /** Default deadline of every command, in milliseconds; `null` for none. @default 3_000 */
    readonly commandTimeoutMs?: number | null;
    /** Connections for sessions. */
    readonly sessions?: SessionPoolOptions;
}
interface NodeAddress {
    /** @default "127.0.0.1" */
    readonly host?: string;
    /** @default 6379, of a sentinel 26379 */
    readonly port?: number;
}
interface ConnectOptions extends CommonConnectOptions, NodeAddress {
    /** `redis://user:password@host:6379/0`, or `rediss://` for TLS; options beside it must not contradict it. */
    readonly url?: string;
    /** @default 0 */
    readonly db?: number;
}
interface ConnectClusterOptions extends CommonConnectOptions {
    /** Some nodes to ask for the others: `host:port`, a URL's address, or an object. */
    readonly nodes: ReadonlyArray<string | NodeAddress>;
    /** Which node serves a command that only reads; all but `master` may read what is out of date. @default "master" */
    readonly readFrom?: ReadFrom;
}
interface ConnectSentinelOptions extends CommonConnectOptions {
    /** The name that the sentinels know the master by. */
    readonly name: string;
    readonly sentinels: ReadonlyArray<string | NodeAddress>;
    readonly sentinelUsername?: string;
    readonly sentinelPassword?: string;
    /** @default 0 */
    readonly db?: number;
}
interface ResolvedAddress {
    readonly host: string;
    readonly port: number;
}
interface ResolvedCommon {
    /** What is connected to, as errors name it: `host:port`, several of them, or `the master name of …`. */
    readonly where: string;
    readonly username: string | undefined;
    readonly password: string | undefined;
    readonly tls: TlsOptions | undefined;
    readonly clientName: string | undefined;
    readonly connectTimeoutMs: number;
    readonly port: PortOptions;
}
interface ResolvedConnect extends ResolvedCommon {
    readonly address: ResolvedAddress;
    readonly db: number;
}
interface ResolvedCluster extends ResolvedCommon {
    readonly nodes: readonly ResolvedAddress[];
    readonly readFrom: ReadFrom;
}
interface ResolvedSentinel extends ResolvedCommon {
    readonly name: string;
    readonly sentinels: readonly ResolvedAddress[];
    readonly sentinelUsername: string | undefined;
    readonly sentinelPassword: string | undefined;
    readonly db: number;
}
/** @throws {InvalidArgumentError} */
declare function resolveConnect(options?: ConnectOptions): ResolvedConnect;
/** @throws {InvalidArgumentError} */
declare function resolveConnectCluster(options: ConnectClusterOptions): ResolvedCluster;
/** @throws {InvalidArgumentError} */
declare function resolveConnectSentinel(options: ConnectSentinelOptions): ResolvedSentinel;

/** What is connected to, and as whom. */
type Destination = Pick<ResolvedCommon, "where" | "connectTimeoutMs" | "username" | "password"> & Partial<Pick<ResolvedSentinel, "sentinels" | "sentinelUsername" | "sentinelPassword">>;
interface Attempt {
    /** The port over the new client, which it owns. */
    readonly port: RedisPort;
    /** What the library says of its connecting. It may never settle. */
    readonly connected: Promise<unknown>;
    /** The library's latest error, which often says more than the rejection. */
    lastError(): unknown;
    /** A connection to one Sentinel, with the login to it; only where Sentinels are asked for the master. */
    openSentinel?(sentinel: ResolvedAddress, timeoutMs: number): Promise<OwnLink>;
}
/**
 * Resolves to the port once the server has answered a PING, all within `connectTimeoutMs`; a server that accepts and stays silent
 * counts as one that is not there. Otherwise nothing is left open. A node of a cluster is not taken for a server of its own.
 *
 * @throws {ConnectError} what failed, and where
 */
declare function establish(to: Destination, attempt: Attempt): Promise<RedisPort>;

/** A part of a key that decides its slot; made by {@link hashTag}. */
interface HashTag {
    readonly hashTag: string;
}
type KeyPart = string | number | bigint | HashTag;
/**
 * A key of parts: `makeKey("user", 42, "profile")` is `user:42:profile`.
 *
 * Different parts give different keys: `%`, `:`, `{` and `}` inside a part are percent-encoded, so that `("a", "b:c")` is not
 * `("a", "b", "c")` and a part cannot smuggle in a hash tag.
 *
 * @throws {InvalidArgumentError} no part, a part that is not well-formed text or a finite number, or more than one hash tag
 */
declare function makeKey(...parts: readonly KeyPart[]): string;
/**
 * The part that decides a key's slot: keys with the same tag live in one slot of a cluster, whatever else they contain.
 * `makeKey("lock", hashTag("orders", 42), "fence")` is `lock:{orders:42}:fence`.
 *
 * @throws {InvalidArgumentError} the tag would be empty, which the server ignores
 */
declare function hashTag(...parts: ReadonlyArray<string | number | bigint>): HashTag;

/** The cluster slot of a key, 0–16383: CRC16 of its hash tag, or of all of it. */
declare function slotOf(key: Arg): number;
/**
 * The one slot of all these keys.
 *
 * @param command what they are for, as the error is to name it: `MGET`
 * @throws {CrossSlotError} they do not share a slot; it names two that differ
 */
declare function sharedSlot(keys: readonly [Arg, ...Arg[]], command?: string): number;
/** Some short key of the slot: what provokes a redirection when nothing else does. */
declare function keyInSlot(slot: number): string;

interface TransactOptions {
    /** How often it is tried again when a watched key changed meanwhile. @default 10 */
    readonly retries?: number;
    /** Total time for all attempts, in milliseconds. @default none */
    readonly timeoutMs?: number;
    readonly signal?: AbortSignal;
}
/**
 * Optimistic concurrency: watches the keys, lets `attempt` read and decide what to write, and writes it only if no watched key
 * changed meanwhile; otherwise `attempt` runs again, after a short random pause.
 *
 * It works on a connection of its own: WATCH on a shared one protects nothing. `attempt` gets the session to read with, and
 * returns the commands to write, or `null` to write nothing. What it throws ends the transaction, nothing written.
 *
 * Under contention a script does the same without retries.
 *
 * @returns the results of the commands, or `null` where `attempt` returned `null`
 * @throws {TransactionConflictError} a watched key changed in each of 1 + `retries` attempts
 * @throws {CommandError} with the outcome `unknown` when the connection was lost at the write: it may have been done
 * @throws {CrossSlotError} in a cluster, keys that do not share a slot
 */
declare function transact<const C extends readonly Command<unknown>[]>(redis: RedisPort, watchKeys: readonly Arg[], attempt: (session: RedisSession) => Promise<C | null>, options?: TransactOptions): Promise<TransactionResults<C> | null>;

export { AbortedError, BatchError, ClosedError, CommandError, ConnectError, ConnectionError, CrossSlotError, InvalidArgumentError, RkError, ServerError, TimeoutError, TransactionConflictError, UnexpectedReplyError, append, batchGet, batchGetBuffer, batchSet, bigInteger, bigIntegerOrNull, bitcount, bitfield, bitfieldRo, bitop, bitpos, blmove, blpop, brpop, bytes, bytesOrNull, bzpopmax, bzpopmin, canonical, checkInteger, checkKnown, checkMs, checkPort, clientId, clientInfo, clientKill, clientList, commandInfo, configGet, configSet, copy, createPort, dbsize, decr, decrby, defineScript, del, done, double, doubleOrNull, entries, establish, exists, fcall, fcallRo, flag, flushdb, functionDelete, functionFlush, functionList, functionLoad, get, getBigInt, getBuffer, getbit, getdel, getdelBuffer, getex, getexBuffer, getrange, hashTag, hdel, hexists, hget, hgetBuffer, hgetall, hgetallBuffer, hincrby, hincrbyBigInt, hincrbyfloat, hkeys, hlen, hmget, hmgetBuffer, hpexpire, hpttl, hscan, hset, hsetMany, hsetnx, hstrlen, hvals, incr, incrby, incrbyBigInt, incrbyfloat, info, integer, integerOrNull, isText, keyInSlot, lindex, linsert, listOf, listOrNullOf, llen, lmove, lpop, lpopMany, lpos, lpush, lpushx, lrange, lrem, lset, ltrim, makeKey, mapOf, memoryUsage, mget, mgetBuffer, mset, msetnx, objectEncoding, objectFreq, objectIdletime, ok, onAbort, pairsOf, persist, pexpire, pexpireat, pexpiretime, pfadd, pfcount, pfmerge, ping, pttl, publish, pubsubChannels, pubsubNumpat, pubsubNumsub, pubsubShardnumsub, raw, rename, renamenx, resolveConnect, resolveConnectCluster, resolveConnectSentinel, rpop, rpopMany, rpush, rpushx, sadd, scan, scard, scored, scriptExists, scriptFlush, scriptLoad, sdiff, sdiffstore, set, setGet, setbit, setrange, sharedSlot, sinter, sintercard, sinterstore, sismember, slotOf, smembers, smismember, smove, spop, spopMany, spublish, srandmember, srandmemberMany, srem, sscan, streams, strlen, sunion, sunionstore, text, textOrNull, time, transact, tupleOf, type, unlink, wait, xack, xadd, xautoclaim, xclaim, xdel, xgroupCreate, xgroupCreateconsumer, xgroupDelconsumer, xgroupDestroy, xgroupSetid, xinfoConsumers, xinfoGroups, xinfoStream, xlen, xpending, xpendingRange, xrange, xread, xreadgroup, xrevrange, xtrim, zadd, zaddMany, zcard, zcount, zdiffstore, zincrby, zinterstore, zlexcount, zmscore, zpopmax, zpopmin, zrandmember, zrandmemberMany, zrange, zrangeByLex, zrangeByScore, zrangeByScoreWithScores, zrangeWithScores, zrangestore, zrangestoreByScore, zrank, zrem, zremrangebylex, zremrangebyrank, zremrangebyscore, zrevrank, zscan, zscore, zunionstore };
export type { Arg, Args, Attempt, BatchKeysOptions, BatchResults, BatchSetOptions, BitRange, BitfieldOperation, BitfieldPlace, BitfieldType, CallOptions, Claimed, ClientType, ClusterDriver, Command, CommandErrorOptions, CommandInfo, CommandTarget, CommonConnectOptions, ConnectClusterOptions, ConnectFailure, ConnectOptions, ConnectSentinelOptions, DecodedRawOptions, Destination, Driver, Encoding, ExpireOptions, Expiry, FailedCommand, FunctionLibrary, GetexOptions, HashTag, Health, KeyPart, LibraryFunction, Link, LinkState, ListEnd, LposOptions, NodeAddress, NodeHealth, OneOrMore, OpenOptions, Outcome, OwnLink, Pairs, PendingEntry, PendingSummary, PoppedMember, PortEvent, PortEventInfo, PortOptions, RangeLimit, RangeOptions, RawOptions, ReadFrom, RedisPort, RedisSession, Reply, ResolvedAddress, ResolvedCluster, ResolvedCommon, ResolvedConnect, ResolvedSentinel, ResultOf, ScanOptions, ScanPageOptions, ScoreBound, Script, ScriptCall, ScriptDefinition, SessionOptions, SessionPoolOptions, SetOptions, StreamEntry, StreamTrim, StreamsRead, SubscribeRequest, Subscription, SubscriptionGap, SubscriptionKind, TlsOptions, Topology, TrackRequest, TransactOptions, TransactionResults, WireReply, XaddOptions, XgroupCreateOptions, XpendingRangeOptions, XreadOptions, XreadgroupOptions, ZaddOptions, ZstoreOptions };
