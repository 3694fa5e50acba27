import type { RedisPort } from "@rk/client";
import * as overIoredis from "@rk/ioredis";
import * as overNodeRedis from "@rk/node-redis";
import { onTestFinished } from "vitest";

/** An adapter that the suite runs over. */
export interface Adapter {
	readonly name: string;
	connect(url: string): Promise<RedisPort>;
	connectCluster(nodes: readonly string[]): Promise<RedisPort>;
}

export const adapters: readonly Adapter[] = [
	{
		name: "ioredis",
		connect: (url) => overIoredis.connect({ url }),
		connectCluster: (nodes) => overIoredis.connectCluster({ nodes }),
	},
	{
		name: "node-redis",
		connect: (url) => overNodeRedis.connect({ url }),
		connectCluster: (nodes) => overNodeRedis.connectCluster({ nodes }),
	},
];

/** A port that ends with the test. */
export async function open(adapter: Adapter, url: string): Promise<RedisPort> {
	const redis = await adapter.connect(url);
	onTestFinished(() => redis.close({ graceMs: 0 }));
	return redis;
}

let names = 0;

/** A subject that no other test has. */
export function freshSubject(): string {
	names += 1;
	return `subject-${process.pid}-${names}`;
}
