import {
	type FaultProxy,
	startCluster,
	startProxy,
	startSentinel,
	startServer,
	type TestServer,
} from "@rk/testing";
import type { Fleet } from "./fleet.ts";
import type { Node } from "./subjects/subject.ts";

/** The servers of a run, and the links to them. */
export interface Arena {
	readonly servers: readonly TestServer[];
	/** Each worker's own way to each server; the ways of all are the same where servers say how they are reached. */
	readonly links: readonly (readonly FaultProxy[])[];
	readonly fleet: Fleet;
	failover(): Promise<void>;
}

export type Topology = "servers" | "cluster" | "sentinel";

export interface Ground extends AsyncDisposable, Omit<Arena, "fleet"> {
	/** What a worker connects to. */
	nodesFor(worker: number): readonly Node[];
}

export interface GroundSettings {
	readonly topology: Topology;
	/** Of independent servers. */
	readonly servers: number;
	readonly workers: number;
	readonly persistence: "none" | "aof";
}

export function openGround(settings: GroundSettings): Promise<Ground> {
	if (settings.topology === "cluster") return openCluster(settings);
	return settings.topology === "sentinel" ? openSentinel(settings) : openServers(settings);
}

async function openServers({ servers: count, workers, persistence }: GroundSettings): Promise<Ground> {
	const started = await Promise.all(
		Array.from({ length: count }, () => startServer({ owned: true, persistence })),
	);
	const links = await Promise.all(
		Array.from({ length: workers }, () => Promise.all(started.map((server) => startProxy(server)))),
	);
	return {
		...{ servers: started, links, nodesFor: (worker) => links[worker] ?? [] },
		failover: () => Promise.reject(new Error("Independent servers do not fail over")),
		async [Symbol.asyncDispose]() {
			await Promise.all(links.flat().map((proxy) => proxy.stop()));
			await Promise.all(started.map((server) => server.stop()));
		},
	};
}

async function openCluster({ workers }: GroundSettings): Promise<Ground> {
	const cluster = await startCluster({ masters: 3, replicas: 1, proxied: true });
	let failovers = 0;
	return {
		...{ servers: cluster.nodes, nodesFor: () => cluster.nodes },
		links: Array.from({ length: workers }, () => cluster.proxies),
		async failover() {
			const masters = await cluster.masters();
			const master = masters[failovers % masters.length];
			failovers += 1;
			if (master === undefined) return;
			// A master that hands over in peace loses nothing; one that dies loses what it had not passed on.
			await master.kill();
			await cluster.failover(master);
			await master.restart();
			await cluster.settled();
		},
		[Symbol.asyncDispose]: () => cluster.stop(),
	};
}

async function openSentinel({ workers }: GroundSettings): Promise<Ground> {
	const group = await startSentinel({ replicas: 1, proxied: true });
	return {
		...{ servers: group.servers, nodesFor: () => group.sentinels },
		links: Array.from({ length: workers }, () => group.proxies),
		async failover() {
			await group.failover();
			await group.settled();
		},
		[Symbol.asyncDispose]: () => group.stop(),
	};
}
