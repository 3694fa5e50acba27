// Made by `pnpm check:api --write` from the build. Not published, not compiled: for reviews.

// @rk/ioredis

import { ConnectOptions, RedisPort, ConnectClusterOptions, ConnectSentinelOptions, PortOptions } from '@rk/client';

/**
 * Connects to one server, and resolves when it has answered a PING. The port owns its client: `close()` ends both.
 *
 * @throws {ConnectError} no answer within `connectTimeoutMs`, with the reason; nothing is left open
 * @throws {InvalidArgumentError} an option
 */
declare function connect(options?: ConnectOptions): Promise<RedisPort>;
/**
 * Connects to a cluster, given some of its nodes. Otherwise as {@link connect}.
 *
 * @throws {ConnectError}
 * @throws {InvalidArgumentError}
 */
declare function connectCluster(options: ConnectClusterOptions): Promise<RedisPort>;
/**
 * Connects to the master that the Sentinels name, and follows it. Otherwise as {@link connect}.
 *
 * @throws {ConnectError}
 * @throws {InvalidArgumentError}
 */
declare function connectSentinel(options: ConnectSentinelOptions): Promise<RedisPort>;

/** A socket, plain or TLS. */
interface NativeStream {
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
interface NativeCommand {
    readonly name: string;
    reject(error: Error): void;
}
interface QueueItem {
    readonly command: NativeCommand;
}
/** The queue of commands that wait for their replies, in the order of sending. */
interface CommandQueue {
    readonly length: number;
    peekAt(index: number): QueueItem | undefined;
    shift(): QueueItem | undefined;
    push(item: QueueItem): number;
}
type NatMap = {
    readonly [node: string]: {
        readonly host: string;
        readonly port: number;
    };
} | ((node: string) => {
    readonly host: string;
    readonly port: number;
} | null);
/** What the adapter reads of a client's options. */
interface NativeOptions {
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
interface NativeRedis extends NativeClient {
    readonly options: NativeOptions;
    /** Missing until the first attempt to connect. */
    readonly stream: NativeStream | undefined;
    readonly commandQueue: CommandQueue;
    sendCommand(command: NativeCommand): unknown;
    /** `override` holds options of the library, whose types differ in what may be `undefined`. */
    duplicate(override: object): NativeRedis;
    on(event: "ready" | "close" | "end" | "reconnecting" | "moved", listener: () => void): unknown;
    on(event: "error" | "sentinelError", listener: (error: Error) => void): unknown;
    on(event: "messageBuffer" | "smessageBuffer", listener: (channel: Buffer, payload: unknown) => void): unknown;
    on(event: "pmessageBuffer", listener: (pattern: string, channel: Buffer, payload: unknown) => void): unknown;
    off(event: "ready" | "close" | "end" | "reconnecting", listener: () => void): unknown;
    off(event: "error", listener: (error: Error) => void): unknown;
}
/** A `Cluster` of ioredis or iovalkey. */
interface NativeCluster extends NativeClient {
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

/**
 * The port over a `Redis` (one server, or Sentinel) or a `Cluster` of ioredis 5.4+, ioredis 6 or iovalkey. The client stays
 * the application's, to use beside the port and to close; sessions and subscriptions get connections like it of their own.
 *
 * Through the port no command is sent twice, whatever the client's `autoResendUnfulfilledCommands`,
 * `maxRetriesPerRequest` and `enableOfflineQueue`, and only the port's own deadlines apply.
 *
 * @throws {InvalidArgumentError} not such a client, or one with options that break a promise of the port: `keyPrefix`,
 * `replyMapping: "resp3"`, `stringNumbers`, `monitor`, `role: "slave"`, or a `reconnectOnError` that returns 2
 */
declare function ioredisPort(client: NativeRedis | NativeCluster, options?: PortOptions): RedisPort;

export { connect, connectCluster, connectSentinel, ioredisPort };
export type { NativeCluster, NativeRedis };
