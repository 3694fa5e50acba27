import type { RedisPort } from "@rk/client";
import { connect, connectCluster, connectSentinel, ioredisPort } from "@rk/ioredis";
import { Cluster, Redis } from "ioredis";

export function overMine(): RedisPort[] {
	return [
		ioredisPort(new Redis({ lazyConnect: true })),
		ioredisPort(new Cluster([{ host: "127.0.0.1", port: 7000 }], { lazyConnect: true })),
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
