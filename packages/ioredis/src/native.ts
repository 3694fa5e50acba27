/*
 * The members that the adapter uses of ioredis 5.4+, ioredis 6 and iovalkey, as small interfaces: a client of any of them
 * is assignable, and no declaration of this package needs one of them installed.
 */

/** A socket, plain or TLS. */
export interface NativeStream {
	readonly writable: boolean;
	readonly remoteAddress?: string | undefined;
	readonly remotePort?: number | undefined;
	cork(): void;
	uncork(): void;
	destroy(): unknown;
	prependOnceListener(event: string, listener: () => void): unknown;
	off(event: string, listener: () => void): unknown;
}

/** What waits for its reply. */
export interface NativeCommand {
	readonly name: string;
	reject(error: Error): void;
}

/** The library's class of commands. */
export type CommandClass = new (name: string, args: string[]) => NativeCommand;

export interface QueueItem {
	readonly command: NativeCommand;
}

/** The queue of commands that wait for their replies, in the order of sending. */
export interface CommandQueue {
	readonly length: number;
	peekAt(index: number): QueueItem | undefined;
	shift(): QueueItem | undefined;
	push(item: QueueItem): number;
}

type NatMap =
	| { readonly [node: string]: { readonly host: string; readonly port: number } }
	| ((node: string) => { readonly host: string; readonly port: number } | null);

/** What the adapter reads of a client's options. */
export interface NativeOptions {
	readonly host?: string | undefined;
	readonly port?: number | undefined;
	readonly path?: string | undefined;
	readonly sentinels?: readonly unknown[] | null | undefined;
	readonly name?: string | null | undefined;
	readonly role?: string | undefined;
	readonly failoverDetector?: boolean | undefined;
	readonly connectTimeout?: number | undefined;
	readonly commandTimeout?: number | undefined;
	readonly keyPrefix?: unknown;
	readonly stringNumbers?: unknown;
	readonly replyMapping?: string | undefined;
	readonly monitor?: boolean | undefined;
	readonly reconnectOnError?: ((error: Error) => unknown) | null | undefined;
	readonly retryStrategy?: unknown;
}

interface NativeClient {
	readonly status: string;
	readonly isCluster: boolean;
	connect(): Promise<void>;
	disconnect(reconnect?: boolean): void;
	once(event: "ready" | "end", listener: () => void): unknown;
	/** Only for the class of the command that it makes. */
	info(): unknown;
}

/** A `Redis` of ioredis or iovalkey: to one server, or to the master that Sentinel names. */
export interface NativeRedis extends NativeClient {
	readonly options: NativeOptions;
	/** Missing until the first attempt to connect. */
	readonly stream: NativeStream | undefined;
	readonly commandQueue: CommandQueue;
	sendCommand(command: NativeCommand): unknown;
	/** `override` holds options of the library, whose types differ in what may be `undefined`. */
	duplicate(override: object): NativeRedis;
	on(event: "ready" | "close" | "end" | "reconnecting" | "moved", listener: () => void): unknown;
	on(event: "error" | "sentinelError", listener: (error: Error) => void): unknown;
	on(
		event: "messageBuffer" | "smessageBuffer",
		listener: (channel: Buffer, payload: unknown) => void,
	): unknown;
	on(
		event: "pmessageBuffer",
		listener: (pattern: string, channel: Buffer, payload: unknown) => void,
	): unknown;
	off(event: "ready" | "close" | "end" | "reconnecting", listener: () => void): unknown;
	off(event: "error", listener: (error: Error) => void): unknown;
}

/** A `Cluster` of ioredis or iovalkey. */
export interface NativeCluster extends NativeClient {
	readonly options: {
		readonly keyPrefix?: unknown;
		readonly natMap?: NatMap | undefined;
		readonly redisOptions?: NativeOptions | undefined;
	};
	/** By slot: the master, then its replicas, each `host:port`. */
	readonly slots: ReadonlyArray<readonly string[] | undefined>;
	nodes(role: "all"): NativeRedis[];
	on(event: "+node" | "-node", listener: (redis: NativeRedis) => void): unknown;
	on(event: "connecting" | "ready" | "refresh" | "end" | "error", listener: () => void): unknown;
	on(event: "node error", listener: (error: Error) => void): unknown;
	off(event: "+node" | "-node", listener: (redis: NativeRedis) => void): unknown;
	off(event: "connecting" | "refresh" | "end" | "error", listener: () => void): unknown;
	/** The library's own verb, though not in its manual; a test of this package pins what it does. */
	refreshSlotsCache(callback: (error?: Error | null) => void): void;
}

export function isNativeCluster(client: NativeRedis | NativeCluster): client is NativeCluster {
	return client.isCluster;
}

/** `host:port`, as the library keys the nodes of a cluster. */
export function addressOf({ host, port, path }: NativeOptions): string {
	return path ?? `${host ?? "127.0.0.1"}:${port ?? 6379}`;
}

/** disconnect() or quit() was called, and has yet to be followed by an end. Private in the library's types. */
export function wasDisconnected(client: NativeRedis | NativeCluster): boolean {
	return Reflect.get(client, "manuallyClosing") === true;
}

/** Where the library puts commands that it may send later. Private in its types, so it is looked at before use. */
export function offlineQueueOf(redis: NativeRedis): CommandQueue | undefined {
	const queue: unknown = Reflect.get(redis, "offlineQueue");
	return isQueue(queue) ? queue : undefined;
}

function isQueue(value: unknown): value is CommandQueue {
	return (
		typeof value === "object" && value !== null && "peekAt" in value && "shift" in value && "push" in value
	);
}
