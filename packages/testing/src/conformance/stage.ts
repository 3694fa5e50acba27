import { slotOf } from "@rk/client";
import type { TestCluster } from "../cluster.ts";
import type { FaultProxy } from "../proxy/proxy.ts";
import type { TestSentinel } from "../sentinel.ts";
import type { TestServer } from "../server.ts";
import { startCluster } from "../start-cluster.ts";
import { startSentinel } from "../start-sentinel.ts";
import { startServer } from "../start-server.ts";
import type { ConformanceTarget, TopologyKind } from "./subject.ts";

/** The servers of one topology, each behind a proxy, on which checks are run one after the other. */
export interface Stage {
	readonly target: Omit<ConformanceTarget, "options">;
	readonly servers: readonly TestServer[];
	/** There when the topology is a cluster. */
	readonly cluster: TestCluster | undefined;
	/** There when the topology has Sentinels. */
	readonly sentinel: TestSentinel | undefined;
	masters(): Promise<readonly TestServer[]>;
	/** The server that has the key. */
	serverOf(key: string): Promise<TestServer>;
	/** As it was: all servers run, agree, and are reached. `settle`: also when none was down. */
	heal(settle: boolean): Promise<void>;
	stop(): Promise<void>;
}

export function openStage(kind: TopologyKind): Promise<Stage> {
	if (kind === "cluster") return clusterStage();
	return kind === "sentinel" ? sentinelStage() : standaloneStage();
}

async function standaloneStage(): Promise<Stage> {
	const server = await startServer({ proxied: true, owned: true });
	return {
		target: { kind: "standalone", nodes: [server], name: "" },
		servers: [server],
		cluster: undefined,
		sentinel: undefined,
		masters: async () => [server],
		serverOf: async () => server,
		heal: async () => {
			await revive([server]);
			await healAll([server]);
		},
		stop: () => server.stop(),
	};
}

async function clusterStage(): Promise<Stage> {
	const cluster = await startCluster({ masters: 3, replicas: 1, proxied: true });
	return {
		target: { kind: "cluster", nodes: cluster.nodes.slice(0, 3), name: "" },
		servers: cluster.nodes,
		cluster,
		sentinel: undefined,
		masters: () => cluster.masters(),
		serverOf: (key) => cluster.ownerOf(slotOf(key)),
		heal: async (settle) => {
			await healAll(cluster.nodes);
			if ((await revive(cluster.nodes)) || settle) await cluster.settled();
			await healAll(cluster.nodes);
		},
		stop: () => cluster.stop(),
	};
}

async function sentinelStage(): Promise<Stage> {
	const sentinel = await startSentinel({ replicas: 2, sentinels: 3, proxied: true });
	return {
		target: { kind: "sentinel", nodes: sentinel.sentinels, name: sentinel.name },
		servers: sentinel.servers,
		cluster: undefined,
		sentinel,
		masters: async () => [await sentinel.master()],
		serverOf: () => sentinel.master(),
		heal: async () => {
			await healAll(sentinel.servers);
			await revive(sentinel.servers);
			await sentinel.settled(); // always: a Sentinel may have lost sight of a server that was out of reach
			await healAll(sentinel.servers);
		},
		stop: () => sentinel.stop(),
	};
}

/** True if a server had to be started again. */
async function revive(servers: readonly TestServer[]): Promise<boolean> {
	const dead = servers.filter(({ pid }) => pid === undefined);
	await Promise.all(dead.map((server) => server.restart()));
	return dead.length > 0;
}

async function healAll(servers: readonly TestServer[]): Promise<void> {
	await Promise.all(proxiesOf(servers).map((proxy) => proxy.heal()));
	for (const proxy of proxiesOf(servers)) proxy.forget();
}

export function proxiesOf(servers: readonly TestServer[]): FaultProxy[] {
	return servers.flatMap(({ proxy }) => proxy ?? []);
}
