import { ClosedError, type ClusterDriver, ConnectionError, type OpenOptions } from "@rk/client";
import { whileOpen } from "./end.ts";
import { ClientLink } from "./link.ts";
import { listen } from "./listeners.ts";
import type { NativeAddress, NativeNode, NativeShard, NodeRedisClient, NodeRedisCluster } from "./native.ts";
import { OwnClientLink } from "./own-link.ts";

/** How long a node may take to show that it answers, before it is asked for the slots. */
const AWAKE_MS = 500;

const NONE: readonly string[] = Object.freeze([]);

/** A cluster client's slots and node clients. Commands go to the node clients, past the library's own routing. */
export class ClusterNodes implements ClusterDriver {
	readonly #cluster: NodeRedisCluster;
	readonly #links = new Map<string, ClientLink>();
	readonly #replicas = new WeakMap<NativeShard, readonly string[]>();
	readonly #listeners = new Set<() => void>();
	readonly #stopListening: () => void;
	/** The library makes a new table with each discovery. */
	#table: readonly NativeShard[];
	#closed = false;
	#released = false;

	constructor(cluster: NodeRedisCluster) {
		this.#cluster = cluster;
		this.#table = cluster.slots;
		protectSockets(cluster);
		const look = (): void => this.#look();
		this.#stopListening = listen(cluster, {
			connect: () => {
				this.#closed = false;
				look();
			},
			disconnect: () => {
				this.#closed = true;
				look();
			},
			error: () => {}, // of a discovery: who waits for it hears of it
			"node-ready": look,
			"node-disconnect": look,
			"node-reconnecting": look,
		});
	}

	masters(): readonly string[] {
		return this.#cluster.masters.map((node) => node.address);
	}

	masterOf(slot: number): string | undefined {
		const { slots } = this.#cluster;
		if (slots !== this.#table) this.#look();
		return slots[slot]?.master.address;
	}

	replicasOf(slot: number): readonly string[] {
		const shard = this.#cluster.slots[slot];
		if (shard?.replicas === undefined) return NONE;
		let replicas = this.#replicas.get(shard);
		if (replicas === undefined) {
			replicas = shard.replicas.map((node) => node.address);
			this.#replicas.set(shard, replicas);
		}
		return replicas;
	}

	linkAt(address: string): ClientLink | undefined {
		const node = this.#cluster.nodeByAddress.get(address);
		if (node === undefined) return undefined;
		const known = this.#links.get(address);
		if (known !== undefined && known.client === node.client && known.client.isOpen) return known;
		known?.release();
		const client = this.#clientOf(node);
		if (client === undefined) return undefined;
		const link = new ClientLink(client, address);
		this.#links.set(address, link);
		return link;
	}

	async refresh(slot: number): Promise<void> {
		const cluster = this.#cluster;
		if (!cluster.isOpen) {
			if (this.#closed || this.#released) throw new ClosedError();
			await whileOpen(cluster, () => cluster.connect());
		} else if (cluster.masters.length > 0) {
			const node = await this.#whomToAsk(slot);
			if (!cluster.isOpen || this.#released) throw new ClosedError();
			await whileOpen(cluster, () => cluster._slots.rediscover(node));
		}
		this.#look();
	}

	onTopology(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** A connection of its own to any node, also to one that the library does not know, as the target of an ASK. */
	async open(options: OpenOptions): Promise<OwnClientLink> {
		const { node = this.masters()[0] } = options;
		if (node === undefined) throw new ConnectionError("No node of the cluster is known", "not-sent");
		const known = this.#cluster.nodeByAddress.get(node);
		const client = known === undefined ? undefined : this.#clientOf(known);
		if (client !== undefined) return OwnClientLink.open(client, { ...options, node });
		for (const other of this.#cluster.nodeByAddress.values()) {
			if (other.client !== undefined)
				return OwnClientLink.open(other.client, { ...options, node }, this.#locate(node));
		}
		throw new ConnectionError("No node of the cluster is connected", "not-sent");
	}

	release(): void {
		this.#released = true;
		this.#stopListening();
		for (const link of this.#links.values()) link.release();
		this.#links.clear();
		this.#listeners.clear();
	}

	/**
	 * A node that answers: the library gives the one it asks all the time it wants, and a frozen one would take it. First the
	 * owner of the slot by the present table, who is the first to know where the slot went.
	 */
	async #whomToAsk(slot: number): Promise<NodeRedisClient | undefined> {
		const { slots, masters, replicas } = this.#cluster;
		const owner = await firstAwake([slots[slot]?.master]);
		if (owner !== undefined) return owner;
		const known = [...masters, ...replicas];
		if (!known.some((node) => node.client?.isReady)) return undefined; // leaves it to the root nodes
		const awake = await firstAwake(known);
		if (awake === undefined) throw new ConnectionError("No node of the cluster answers", "not-sent");
		return awake;
	}

	/** The node's client: a new one where there is none yet, or it gave up. */
	#clientOf(node: NativeNode): NodeRedisClient | undefined {
		if (node.client?.isOpen === false) node.client = undefined;
		if (node.client === undefined) this.#cluster.nodeClient(node).catch(() => {}); // sets node.client, and tells by events
		return node.client;
	}

	#locate(address: string): NativeAddress {
		const map = this.#cluster._options.nodeAddressMap;
		const mapped = typeof map === "function" ? map(address) : map?.[address];
		const colon = address.lastIndexOf(":");
		return mapped ?? { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
	}

	/** Tells if the table is a new one, and lets go of nodes that are in it no more. */
	#look(): void {
		const { slots, nodeByAddress } = this.#cluster;
		if (slots === this.#table) return;
		this.#table = slots;
		for (const [address, link] of this.#links) {
			if (nodeByAddress.get(address)?.client === link.client) continue;
			link.release();
			this.#links.delete(address);
		}
		for (const node of this.#cluster.replicas) if (!node.readonly) wantReads(node);
		for (const listener of this.#listeners) listener();
	}
}

/**
 * A discovery switches reconnection off in the options of the node it asks, which without `defaults.socket` are the
 * application's own objects, or those of a node's client: what is made of them later dies at its first drop. With
 * `defaults.socket`, even an empty one, the library works on copies.
 */
function protectSockets(cluster: NodeRedisCluster): void {
	const options = cluster._options;
	options.defaults ??= {};
	options.defaults.socket ??= {};
}

/** A master that became a replica sends readers away until its connection says that they are wanted. */
function wantReads(node: NativeNode): void {
	node.readonly = true;
	const { client } = node;
	if (client?.options === undefined) return;
	client.options.readonly = true; // said again with each reconnection
	if (client.isReady) client.sendCommand(["READONLY"], { timeout: undefined }).catch(() => {});
}

/** The client of the first of these nodes that answers; `undefined`: none does. */
function firstAwake(nodes: readonly (NativeNode | undefined)[]): Promise<NodeRedisClient | undefined> {
	const asked = nodes.flatMap((node) => {
		const client = node?.client;
		return client?.isReady ? [client.sendCommand(["PING"], { timeout: undefined }).then(() => client)] : [];
	});
	if (asked.length === 0) return Promise.resolve(undefined);
	return new Promise((resolve) => {
		setTimeout(resolve, AWAKE_MS, undefined).unref();
		Promise.any(asked).then(resolve, () => resolve(undefined));
	});
}
