import { ClosedError, type ClusterDriver, type Link } from "@rk/client";
import { IoredisLink } from "./link.ts";
import { addressOf, type NativeCluster, type NativeRedis, wasDisconnected } from "./native.ts";

/** The slots and nodes as the library's `Cluster` has them. Nothing is ever sent through the `Cluster` itself. */
export class IoredisCluster implements ClusterDriver {
	readonly #cluster: NativeCluster;
	readonly #links = new Map<string, IoredisLink>();
	readonly #listeners = new Set<() => void>();
	/** Worked out again after each change: that goes through all the slots. */
	#masters: readonly string[] | undefined;
	#ended: boolean;

	constructor(cluster: NativeCluster) {
		this.#cluster = cluster;
		this.#ended = cluster.status === "end";
		for (const redis of cluster.nodes("all")) this.#add(redis);
		cluster.on("+node", this.#onNode);
		cluster.on("-node", this.#offNode);
		cluster.on("refresh", this.#onChange);
		cluster.on("end", this.#onEnd);
		cluster.on("connecting", this.#onConnecting);
		cluster.on("error", this.#onError);
	}

	/** The client will not connect again. The library's status does not last: it goes from "end" to "close" as nodes close. */
	get ended(): boolean {
		return this.#ended;
	}

	masters(): readonly string[] {
		this.#masters ??= [...new Set(this.#cluster.slots.flatMap((nodes) => nodes?.[0] ?? []))];
		return this.#masters;
	}

	masterOf(slot: number): string | undefined {
		return this.#cluster.slots[slot]?.[0];
	}

	/** The library connects to every replica with READONLY, whatever its `scaleReads`. */
	replicasOf(slot: number): readonly string[] {
		return this.#cluster.slots[slot]?.slice(1) ?? [];
	}

	linkAt(node: string): Link | undefined {
		return this.#links.get(node) ?? this.#links.get(this.mapped(node));
	}

	/** The node by the address at which this client reaches it. */
	mapped(node: string): string {
		const { natMap } = this.#cluster.options;
		const address = typeof natMap === "function" ? natMap(node) : natMap?.[node];
		return address ? addressOf(address) : node;
	}

	async refresh(): Promise<void> {
		// disconnect() in the pause between two attempts ends the client without any event.
		const silently = this.#cluster.status === "disconnecting" && wasDisconnected(this.#cluster);
		if (this.#ended || silently) throw new ClosedError();
		if (this.#cluster.status === "wait") return this.#cluster.connect();
		await new Promise<void>((resolve, reject) => {
			this.#cluster.refreshSlotsCache((error) => (error ? reject(error) : resolve()));
		});
	}

	onTopology(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Takes the listeners off the client. */
	dispose(): void {
		this.#listeners.clear();
		this.#cluster.off("+node", this.#onNode);
		this.#cluster.off("-node", this.#offNode);
		this.#cluster.off("refresh", this.#onChange);
		this.#cluster.off("end", this.#onEnd);
		this.#cluster.off("connecting", this.#onConnecting);
		this.#cluster.off("error", this.#onError);
		for (const link of this.#links.values()) link.dispose();
		this.#links.clear();
	}

	#add(redis: NativeRedis): void {
		const node = addressOf(redis.options);
		this.#links.set(node, new IoredisLink(redis, () => this.#ended));
	}

	readonly #onNode = (redis: NativeRedis): void => {
		this.#add(redis);
		this.#onChange();
	};

	/** Also told of connections that are none of these: the library's for sharded subscriptions. */
	readonly #offNode = (redis: NativeRedis): void => {
		const node = addressOf(redis.options);
		const link = this.#links.get(node);
		if (link?.redis !== redis) return;
		this.#links.delete(node); // its listeners go with the library's client, and have yet to hear of the end
		this.#onChange();
	};

	readonly #onEnd = (): void => {
		this.#ended = true;
		this.#onChange();
	};

	readonly #onConnecting = (): void => {
		this.#ended = false;
	};

	readonly #onChange = (): void => {
		this.#masters = undefined;
		for (const listener of [...this.#listeners]) listener();
	};

	/** The cluster cannot be reached for now: {@link refresh} says so too, to who waits for it. */
	readonly #onError = (): void => {};
}
