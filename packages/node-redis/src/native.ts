import type { Arg, WireReply } from "@rk/client";

/*
 * What this adapter uses of node-redis: structural, so that its types need no driver, and its clients of any
 * configuration fit without a cast. Some of it is marked internal there (a
 * leading underscore), and is pinned by the tests.
 */

export interface NativeEmitter {
	on(event: string | symbol, listener: (...args: unknown[]) => void): unknown;
	off(event: string | symbol, listener: (...args: unknown[]) => void): unknown;
	eventNames(): Array<string | symbol>;
}

export interface NativeSendOptions {
	readonly timeout?: number | undefined;
	readonly typeMapping?: object;
	readonly chainId?: symbol;
	readonly abortSignal?: NativeAbortSignal;
}

/** What the library uses of an AbortSignal. */
export interface NativeAbortSignal {
	readonly aborted: boolean;
	addEventListener(event: "abort", abort: () => void): void;
	removeEventListener(event: "abort", abort: () => void): void;
}

export interface NativeSender {
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

export interface NativeClientOptions {
	readonly socket?: NativeSocketOptions | undefined;
	readonly keyPrefix?: unknown;
	readonly commandsQueueMaxLength?: number | undefined;
	readonly?: boolean | undefined;
}

/** A command that the library has not written yet. */
export interface NativeQueued {
	readonly typeMapping?: object | undefined;
}

/** Reads what arrives, and hands each reply on. */
export interface NativeDecoder {
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

export type NativeListener = (payload: Buffer, channel: Buffer) => unknown;

/** A client of `createClient()`. */
export interface NodeRedisClient extends NativeSender, NativeEmitter {
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

export interface NativeNode {
	/** `host:port`, as the servers say it. */
	readonly address: string;
	/** Its client says READONLY when it connects. */
	readonly: boolean;
	client?: NodeRedisClient | undefined;
}

export interface NativeShard {
	readonly master: NativeNode;
	readonly replicas?: readonly NativeNode[] | undefined;
}

export interface NativeAddress {
	readonly host: string;
	readonly port: number;
}

type NativeAddressMap =
	| { readonly [address: string]: NativeAddress }
	| ((address: string) => NativeAddress | undefined);

interface NativeClusterOptions {
	readonly keyPrefix?: unknown;
	readonly nodeAddressMap?: NativeAddressMap | undefined;
	readonly useReplicas?: boolean | undefined;
	defaults?: { socket?: object | undefined } | undefined;
}

/** A client of `createCluster()`. */
export interface NodeRedisCluster extends NativeEmitter {
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
	readonly _slots: { rediscover(startWith?: NodeRedisClient): Promise<void> };
}

/** A client of `createSentinel()`. */
export interface NodeRedisSentinel extends NativeEmitter {
	readonly isOpen: boolean;
	connect(): Promise<unknown>;
	close(): Promise<void>;
	destroy(): unknown;
	getMasterNode(): NativeAddress | undefined;
	readonly _keyPrefix?: unknown;
	_execute(
		isReadonly: boolean | undefined,
		work: (client: NodeRedisClient) => Promise<NodeRedisClient>,
	): Promise<NodeRedisClient>;
}
