import type { RedisPort } from "@rk/client";
import { connect, connectCluster, connectSentinel, nodeRedisPort } from "@rk/node-redis";
import { createClient, createCluster, createSentinel } from "redis";

export function overMine(): RedisPort[] {
	return [
		nodeRedisPort(createClient()),
		nodeRedisPort(createCluster({ rootNodes: [{ url: "redis://127.0.0.1:7000" }] })),
		nodeRedisPort(createSentinel({ name: "main", sentinelRootNodes: [{ host: "127.0.0.1", port: 26379 }] })),
	];
}

export async function overTheirs(): Promise<boolean[]> {
	const ports: RedisPort[] = [
		await connect({ url: "redis://127.0.0.1:6379", sessions: { max: 4 } }),
		await connectCluster({ nodes: ["127.0.0.1:7000"], readFrom: "nearest" }),
		await connectSentinel({ name: "main", sentinels: [{ port: 26379 }] }),
	];
	return Promise.all(ports.map(async (port) => (await port.health()).ok));
}
