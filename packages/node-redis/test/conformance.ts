import {
	ConformanceServers,
	type ConformanceSubject,
	type ConformanceTarget,
	type OpenedPort,
	portConformance,
	type TopologyKind,
} from "@rk/testing";
import { createClient, createCluster, createSentinel } from "redis";
import { afterAll, describe, test } from "vitest";
import {
	connect,
	connectCluster,
	connectSentinel,
	type NodeRedisClient,
	type NodeRedisCluster,
	type NodeRedisSentinel,
	nodeRedisPort,
} from "../src/index.ts";

type Protocol = 2 | 3;

/** A client with the library's own defaults, which the port must make harmless. */
function clientOf(RESP: Protocol, { kind, nodes, name, options }: ConformanceTarget) {
	const addresses = nodes.map(({ host, port }) => ({ host, port }));
	if (kind === "standalone") return createClient({ socket: { ...addresses[0] }, RESP });
	if (kind === "sentinel") return createSentinel({ name, sentinelRootNodes: addresses, RESP });
	return createCluster({
		rootNodes: addresses.map((socket) => ({ socket })),
		useReplicas: options.readFrom !== undefined && options.readFrom !== "master",
		RESP,
	});
}

async function open(RESP: Protocol, target: ConformanceTarget): Promise<OpenedPort> {
	const client: NodeRedisClient | NodeRedisCluster | NodeRedisSentinel = clientOf(RESP, target);
	client.on("error", () => {}); // the application's own
	await client.connect();
	return { port: nodeRedisPort(client, target.options), end: () => void client.destroy() };
}

const subjects: ReadonlyArray<[name: string, subject: ConformanceSubject]> = [
	["redis 6, RESP3", { open: (target) => open(3, target), connect, connectCluster, connectSentinel }],
	["redis 6, RESP2", { open: (target) => open(2, target) }],
];

const number = (name: string, standard: number): number => Number(process.env[name] ?? standard);

/** Registers the checks of one topology for every protocol, on servers that they share. */
export function conformanceOn(topology: TopologyKind): void {
	const servers = new ConformanceServers();
	afterAll(() => servers.close());
	describe.each(subjects)("%s", (name, subject) => {
		const { checks } = portConformance(subject, {
			only: [topology],
			servers,
			cuts: number("RK_CUTS", 60),
			cycles: number("RK_CYCLES", 50),
			seed: number("RK_SEED", 1),
			print: (line) => process.stderr.write(`${name}, ${line}\n`),
		});
		for (const check of checks) test(check.name, { timeout: check.limitMs }, () => check.run());
	});
}
