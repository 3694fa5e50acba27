import type {
	ConnectClusterOptions,
	ConnectOptions,
	ConnectSentinelOptions,
	PortOptions,
	RedisPort,
} from "@rk/client";

export type TopologyKind = "standalone" | "cluster" | "sentinel";

/** What the suite wants a port to. */
export interface ConformanceTarget {
	readonly kind: TopologyKind;
	/** The server; some nodes of the cluster; or the Sentinels. */
	readonly nodes: readonly { readonly host: string; readonly port: number }[];
	/** What the Sentinels call the master; empty elsewhere. */
	readonly name: string;
	/** For the port. Where `readFrom` is not `master`, the client must be one that connects to replicas. */
	readonly options: PortOptions;
}

/** A port, and what its owner ends after it. */
export interface OpenedPort {
	readonly port: RedisPort;
	/** Ends what `port.close()` leaves open: the client, where the port does not own it. */
	end?(): Promise<void> | void;
}

/** An adapter, to be proven. */
export interface ConformanceSubject {
	/** A connected port, made as an application would: with the client's own defaults where the adapter does not ask for others. */
	open(target: ConformanceTarget): Promise<OpenedPort>;
	/** The adapter's `connect`; without it, what that must refuse is not checked. The same goes for the other two. */
	readonly connect?: (options: ConnectOptions) => Promise<RedisPort>;
	readonly connectCluster?: (options: ConnectClusterOptions) => Promise<RedisPort>;
	readonly connectSentinel?: (options: ConnectSentinelOptions) => Promise<RedisPort>;
}
