// Made by `pnpm check:api --write` from the build. Not published, not compiled: for reviews.

// @rk/node-redis

import { Arg, WireReply, ConnectOptions, RedisPort, ConnectClusterOptions, ConnectSentinelOptions, PortOptions } from '@rk/client';

interface NativeEmitter {
    on(event: string | symbol, listener: (...args: unknown[]) => void): unknown;
    off(event: string | symbol, listener: (...args: unknown[]) => void): unknown;
    eventNames(): Array<string | symbol>;
}
interface NativeSendOptions {
    readonly timeout?: number | undefined;
    readonly typeMapping?: object;
    readonly chainId?: symbol;
    readonly abortSignal?: NativeAbortSignal;
}
/** What the library uses of an AbortSignal. */
interface NativeAbortSignal {
    readonly aborted: boolean;
    addEventListener(event: "abort", abort: () => void): void;
    removeEventListener(event: "abort", abort: () => void): void;
}
interface NativeSender {
    sendCommand(args: readonly Arg[], options?: NativeSendOptions): Promise<WireReply>;
}
interface NativeSocketOptions {
    readonly host?: string | undefined;
    readonly port?: number | undefined;
    readonly path?: string | undefined;
    readonly connectTimeout?: number | undefined;
    readonly socketTimeout?: number | undefined;
    readonly reconnectStrategy?: unknown;
}
interface NativeClientOptions {
    readonly socket?: NativeSocketOptions | undefined;
    readonly keyPrefix?: unknown;
    readonly commandsQueueMaxLength?: number | undefined;
    readonly?: boolean | undefined;
}
/** A command that the library has not written yet. */
interface NativeQueued {
    readonly typeMapping?: object | undefined;
}
/** Reads what arrives, and hands each reply on. */
interface NativeDecoder {
    onReply: (reply: never) => unknown;
    onErrorReply: (error: never) => unknown;
}
interface NativeQueue {
    readonly decoder: NativeDecoder;
    /** Commands that have neither a reply nor an error, written or not. */
    readonly pendingCount: number;
    isWaitingToWrite(): boolean;
    extractAllCommands(): NativeQueued[];
    prependCommandsToWrite(commands: NativeQueued[]): void;
    rejectCommands(commands: NativeQueued[], error: Error): void;
}
type NativeListener = (payload: Buffer, channel: Buffer) => unknown;
/** A client of `createClient()`. */
interface NodeRedisClient extends NativeSender, NativeEmitter {
    readonly isOpen: boolean;
    readonly isReady: boolean;
    /** How often it was connected. */
    readonly socketEpoch: number;
    readonly options: NativeClientOptions | undefined;
    connect(): Promise<unknown>;
    close(): Promise<void>;
    destroy(): void;
    duplicate(overrides?: object): NodeRedisClient;
    withCommandOptions(options: NativeSendOptions): NativeSender;
    subscribe(channels: string, listener: NativeListener, bufferMode: true): Promise<void>;
    unsubscribe(channels: string, listener: NativeListener, bufferMode: true): Promise<void>;
    pSubscribe(patterns: string, listener: NativeListener, bufferMode: true): Promise<void>;
    pUnsubscribe(patterns: string, listener: NativeListener, bufferMode: true): Promise<void>;
    sSubscribe(channels: string, listener: NativeListener, bufferMode: true): Promise<void>;
    sUnsubscribe(channels: string, listener: NativeListener, bufferMode: true): Promise<void>;
    _getQueue(): NativeQueue;
}
interface NativeNode {
    /** `host:port`, as the servers say it. */
    readonly address: string;
    /** Its client says READONLY when it connects. */
    readonly: boolean;
    client?: NodeRedisClient | undefined;
}
interface NativeShard {
    readonly master: NativeNode;
    readonly replicas?: readonly NativeNode[] | undefined;
}
interface NativeAddress {
    readonly host: string;
    readonly port: number;
}
type NativeAddressMap = {
    readonly [address: string]: NativeAddress;
} | ((address: string) => NativeAddress | undefined);
interface NativeClusterOptions {
    readonly keyPrefix?: unknown;
    readonly nodeAddressMap?: NativeAddressMap | undefined;
    readonly useReplicas?: boolean | undefined;
    defaults?: {
        socket?: object | undefined;
    } | undefined;
}
/** A client of `createCluster()`. */
interface NodeRedisCluster extends NativeEmitter {
    readonly isOpen: boolean;
    readonly slots: readonly NativeShard[];
    readonly masters: readonly NativeNode[];
    readonly replicas: readonly NativeNode[];
    /** By address; a node stays the same object for as long as it is part of the cluster. */
    readonly nodeByAddress: ReadonlyMap<string, NativeNode>;
    connect(): Promise<unknown>;
    close(): Promise<void>;
    destroy(): void;
    nodeClient(node: NativeNode): Promise<NodeRedisClient>;
    readonly _options: NativeClusterOptions;
    readonly _slots: {
        rediscover(startWith?: NodeRedisClient): Promise<void>;
    };
}
/** A client of `createSentinel()`. */
interface NodeRedisSentinel extends NativeEmitter {
    readonly isOpen: boolean;
    connect(): Promise<unknown>;
    close(): Promise<void>;
    destroy(): unknown;
    getMasterNode(): NativeAddress | undefined;
    readonly _keyPrefix?: unknown;
    _execute(isReadonly: boolean | undefined, work: (client: NodeRedisClient) => Promise<NodeRedisClient>): Promise<NodeRedisClient>;
}

type AnyNodeRedisClient = NodeRedisClient | NodeRedisCluster | NodeRedisSentinel;

/**
 * Connects to one server.
 *
 * @throws {ConnectError} it did not answer a PING within `connectTimeoutMs`, with what failed; nothing is left open
 * @throws {InvalidArgumentError} an option that is unknown or not usable
 */
declare function connect(options?: ConnectOptions): Promise<RedisPort>;
/**
 * Connects to a cluster by some of its nodes.
 *
 * @throws {ConnectError} no node answered within `connectTimeoutMs`, with what failed; nothing is left open
 * @throws {InvalidArgumentError} an option that is unknown or not usable
 */
declare function connectCluster(options: ConnectClusterOptions): Promise<RedisPort>;
/**
 * Connects to the master that the sentinels name, and follows it over failovers.
 *
 * @throws {ConnectError} no sentinel, or no master, answered within `connectTimeoutMs`, with what failed; nothing is left open
 * @throws {InvalidArgumentError} an option that is unknown or not usable
 */
declare function connectSentinel(options: ConnectSentinelOptions): Promise<RedisPort>;

/**
 * The port over a client of the `redis` package that the application made: of `createClient()`, `createCluster()` or
 * `createSentinel()`. The application goes on to use the client and to close it; one that is not connected yet is
 * connected with the first command.
 *
 * @throws {InvalidArgumentError} not such a client, or one with an option that breaks a promise of the port; a `readFrom` other
 * than `master` over a client that connects to no replicas
 */
declare function nodeRedisPort(client: AnyNodeRedisClient, options?: PortOptions): RedisPort;

export { connect, connectCluster, connectSentinel, nodeRedisPort };
export type { NodeRedisClient, NodeRedisCluster, NodeRedisSentinel };
