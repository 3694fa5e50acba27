import {
	type ClusterDriver,
	type CommandError,
	ConnectionError,
	type Driver,
	type FailedCommand,
	InvalidArgumentError,
	type Link,
	type OpenOptions,
	type OwnLink,
	type ReadFrom,
} from "@rk/client";
import { ClusterNodes } from "./cluster.ts";
import { endClient, endCluster, endSentinel } from "./end.ts";
import { DESTROYED, fault } from "./faults.ts";
import { ClientLink } from "./link.ts";
import type { NodeRedisClient, NodeRedisCluster, NodeRedisSentinel } from "./native.ts";
import { OwnClientLink } from "./own-link.ts";
import { SentinelMaster } from "./sentinel.ts";
import {
	checkClientOptions,
	checkClusterOptions,
	checkReadFrom,
	checkSentinelOptions,
} from "./unsafe-options.ts";

export type AnyNodeRedisClient = NodeRedisClient | NodeRedisCluster | NodeRedisSentinel;

/**
 * The driver over a client of node-redis.
 *
 * @param owned the client is closed with the driver
 * @throws {InvalidArgumentError} not such a client, or one with options that break a promise
 */
export function nodeRedisDriver(
	client: AnyNodeRedisClient,
	owned: boolean,
	readFrom: ReadFrom = "master",
): Driver {
	checkReadFrom(readFrom, isCluster(client) ? client : undefined);
	if (isCluster(client)) return new ClusterClientDriver(client, owned);
	if (isSentinel(client)) return new SentinelDriver(client, owned);
	if (isClient(client)) return new ClientDriver(client, owned);
	throw new InvalidArgumentError(
		"client",
		client,
		"what createClient(), createCluster() or createSentinel() of redis gave; of a pool, give the client it was made from",
	);
}

class ClientDriver implements Driver {
	readonly kind = "standalone";
	readonly native: NodeRedisClient;
	readonly link: ClientLink;
	readonly cluster: undefined = undefined;
	readonly fault: Driver["fault"] = fault;
	readonly #owned: boolean;

	constructor(client: NodeRedisClient, owned: boolean) {
		checkClientOptions(client);
		this.native = client;
		this.link = new ClientLink(client);
		this.#owned = owned;
	}

	open(options: OpenOptions): Promise<OwnLink> {
		return OwnClientLink.open(this.native, options);
	}

	async close(): Promise<void> {
		this.link.release();
		if (this.#owned) endClient(this.native);
	}
}

class ClusterClientDriver implements Driver {
	readonly kind = "cluster";
	readonly native: NodeRedisCluster;
	readonly link: undefined = undefined;
	readonly cluster: ClusterDriver;
	readonly fault: Driver["fault"] = fault;
	readonly #nodes: ClusterNodes;
	readonly #owned: boolean;

	constructor(cluster: NodeRedisCluster, owned: boolean) {
		checkClusterOptions(cluster);
		this.native = cluster;
		this.#nodes = new ClusterNodes(cluster);
		this.cluster = this.#nodes;
		this.#owned = owned;
	}

	open(options: OpenOptions): Promise<OwnLink> {
		return this.#nodes.open(options);
	}

	async close(): Promise<void> {
		this.#nodes.release();
		if (this.#owned) await endCluster(this.native);
	}
}

class SentinelDriver implements Driver {
	readonly kind = "sentinel";
	readonly native: NodeRedisSentinel;
	readonly link: Link;
	readonly cluster: undefined = undefined;
	readonly #master: SentinelMaster;
	readonly #owned: boolean;

	constructor(sentinel: NodeRedisSentinel, owned: boolean) {
		checkSentinelOptions(sentinel);
		this.native = sentinel;
		this.#master = new SentinelMaster(sentinel);
		this.link = this.#master;
		this.#owned = owned;
	}

	fault(error: unknown, failed?: FailedCommand): CommandError {
		// The port let go of a master that is one no more: the application's own client is as open as before.
		if (error instanceof Error && error.message === DESTROYED && this.#master.wanted)
			return new ConnectionError("The master changed", "unknown", { ...failed, cause: error });
		const known = fault(error, failed);
		if (known.code === "READONLY") this.#master.demoted();
		return known;
	}

	open(options: OpenOptions): Promise<OwnLink> {
		return this.#master.open(options);
	}

	async close(): Promise<void> {
		this.#master.release();
		if (this.#owned) await endSentinel(this.native);
	}
}

function isCluster(client: AnyNodeRedisClient): client is NodeRedisCluster {
	return has(client, "slots") && has(client, "_slots") && hasFunctions(client, ["nodeClient"]);
}

function isSentinel(client: AnyNodeRedisClient): client is NodeRedisSentinel {
	return hasFunctions(client, ["getMasterNode", "_execute"]);
}

function isClient(client: AnyNodeRedisClient): client is NodeRedisClient {
	return (
		has(client, "isReady") &&
		hasFunctions(client, ["sendCommand", "withCommandOptions", "duplicate", "subscribe"])
	);
}

function has(client: unknown, property: string): boolean {
	return typeof client === "object" && client !== null && property in client;
}

function hasFunctions(client: object, names: readonly string[]): boolean {
	return names.every((name) => has(client, name) && typeof Reflect.get(client, name) === "function");
}
