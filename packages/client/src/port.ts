import type { Arg, Command, ResultOf } from "./command.ts";
import type { CommandError } from "./errors.ts";

export interface CallOptions {
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
export type BatchResults<C extends readonly Command<unknown>[]> = {
	-readonly [I in keyof C]: ResultOf<C[I]> | CommandError;
};

/** The results of a transaction: a command that failed inside it, or whose reply is not understood, has the error in its place. */
export type TransactionResults<C extends readonly Command<unknown>[]> = {
	-readonly [I in keyof C]: ResultOf<C[I]> | CommandError;
};

/** What takes commands: the port, and a session. */
export interface CommandTarget {
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
	batch<const C extends readonly Command<unknown>[]>(
		commands: C,
		options?: CallOptions,
	): Promise<BatchResults<C>>;
}

/** The whole of Redis that `@rk/*` packages use. An adapter gives it over the client that the application has. */
export interface RedisPort extends CommandTarget, AsyncDisposable {
	readonly topology: Topology;

	/**
	 * MULTI … EXEC in one go; all or nothing is run, and nothing of other connections in between. All keys in one slot.
	 * A command that fails inside EXEC has its error in its place, and what the others did stays. For WATCH see
	 * {@link session}.
	 *
	 * @throws {ServerError} a command was refused when it was queued: nothing ran
	 * @throws {CrossSlotError} before anything is sent
	 */
	transaction<const C extends readonly Command<unknown>[]>(
		commands: C,
		options?: CallOptions,
	): Promise<TransactionResults<C>>;

	/**
	 * Lends a connection of its own on the node of `key`, for WATCH, blocking commands and connection state. It does not
	 * reconnect: once lost, every further call rejects, so that a WATCH is never lost in silence. It is used again only if
	 * it comes back clean.
	 *
	 * @throws {TimeoutError} no connection within `acquireTimeoutMs`: `not-sent`
	 */
	session<T>(
		key: Arg | undefined,
		work: (session: RedisSession) => Promise<T>,
		options?: SessionOptions,
	): Promise<T>;

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
	close(options?: { readonly graceMs?: number }): Promise<void>;

	/** The application's client, for what the port leaves out. */
	readonly native: unknown;
}

export type PortEvent = "up" | "down" | "topology";

export interface PortEventInfo {
	/** `host:port` of the node, where one is meant. */
	readonly node?: string;
	readonly cause?: unknown;
}

export interface SessionOptions {
	/** Destroys the connection when it aborts: the only way to end a blocking command. */
	readonly signal?: AbortSignal;
	/** How long to wait for a free connection, in milliseconds. @default the port's `sessions.acquireTimeoutMs` */
	readonly acquireTimeoutMs?: number;
}

/** A connection of one's own. See {@link RedisPort.session}. */
export interface RedisSession extends CommandTarget {
	watch(keys: readonly Arg[], options?: CallOptions): Promise<void>;
	unwatch(options?: CallOptions): Promise<void>;
	/** `null`: a watched key changed, and nothing ran. Otherwise as {@link RedisPort.transaction}. */
	exec<const C extends readonly Command<unknown>[]>(
		commands: C,
		options?: CallOptions,
	): Promise<TransactionResults<C> | null>;
}

export interface SubscribeRequest {
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

export type SubscriptionKind = "channel" | "pattern" | "shard";

export interface SubscriptionGap {
	readonly lostAt: number;
	readonly resumedAt: number;
}

export interface TrackRequest {
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

export interface Subscription extends AsyncDisposable {
	/** Resolves when the server has confirmed the end, or the connection is gone. May be called again. */
	close(): Promise<void>;
	readonly closed: boolean;
}

export interface ScanOptions {
	/** A glob-style pattern. @default all keys */
	readonly match?: string;
	/** Keys the server looks at per page, about. @default 100 */
	readonly count?: number;
	/** `string`, `hash`, `list`, `set`, `zset` or `stream`. @default all types */
	readonly type?: string;
	readonly signal?: AbortSignal;
}

export interface Topology {
	readonly kind: "standalone" | "sentinel" | "cluster";
	/** The slot of a key, 0–16383; −1 outside a cluster. */
	slotOf(key: Arg): number;
	/** `host:port` of every master that is known. */
	masters(): readonly string[];
	/** `host:port` of a slot's master; outside a cluster, the master. */
	masterOf(slot: number): string | undefined;
}

export interface Health {
	/** Every node answered. */
	readonly ok: boolean;
	readonly nodes: readonly NodeHealth[];
}

export interface NodeHealth {
	readonly node: string;
	readonly ok: boolean;
	/** Round trip of the PING in milliseconds. */
	readonly rttMs?: number;
	readonly error?: CommandError;
}
