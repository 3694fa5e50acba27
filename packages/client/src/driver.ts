import type { Args, Encoding, WireReply } from "./command.ts";
import type { CommandError, FailedCommand } from "./errors.ts";
import type { SubscriptionKind } from "./port.ts";

/*
 * What an adapter implements. Everything that does not depend on the client library (deadlines, waiting for a connection,
 * redirections, scripts, transactions, the session pool, subscriptions and their gaps) is done once, by createPort().
 */

export type LinkState = "ready" | "down" | "closed";

/** One connection that carries commands, as a client library has it for one server. */
export interface Link {
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
export interface OwnLink extends Link {
	/** Resolves when the server confirmed every name. The rest of the names stay subscribed when one is refused. */
	subscribe(kind: SubscriptionKind, names: readonly string[]): Promise<void>;
	/** Resolves when the server confirmed every name. Names are never empty. */
	unsubscribe(kind: SubscriptionKind, names: readonly string[]): Promise<void>;
	/**
	 * Messages, from the first subscription on. Set once, before it. `payload` is a Buffer, or what the server sends on
	 * `__redis__:invalidate` (an array of Buffers, or null).
	 */
	onMessage(
		listener: (kind: SubscriptionKind, payload: unknown, channel: string, pattern?: string) => void,
	): void;
	/** The server ended these shard subscriptions, because their slot moved. */
	onShardMoved(listener: () => void): void;
	/** Destroys it at once. What is in flight rejects. */
	destroy(): void;
}

export interface OpenOptions {
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
export interface Driver {
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
export interface ClusterDriver {
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
