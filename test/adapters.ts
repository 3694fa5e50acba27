import type { RedisPort } from "@rk/client";
import * as overIoredis from "@rk/ioredis";
import * as overNodeRedis from "@rk/node-redis";
import { onTestFinished } from "vitest";

/** An adapter that the suites of the domain packages run over. */
export interface Adapter {
	readonly name: string;
	connect(url: string): Promise<RedisPort>;
	connectCluster(nodes: readonly string[]): Promise<RedisPort>;
	connectSentinel(name: string, sentinels: readonly string[]): Promise<RedisPort>;
}

export const adapters: readonly Adapter[] = [
	{
		name: "ioredis",
		connect: (url) => overIoredis.connect({ url }),
		connectCluster: (nodes) => overIoredis.connectCluster({ nodes }),
		connectSentinel: (name, sentinels) => overIoredis.connectSentinel({ name, sentinels }),
	},
	{
		name: "node-redis",
		connect: (url) => overNodeRedis.connect({ url }),
		connectCluster: (nodes) => overNodeRedis.connectCluster({ nodes }),
		connectSentinel: (name, sentinels) => overNodeRedis.connectSentinel({ name, sentinels }),
	},
];

/** A port that ends with the test. */
export async function open(adapter: Adapter, url: string): Promise<RedisPort> {
	const redis = await adapter.connect(url);
	onTestFinished(() => redis.close({ graceMs: 0 }));
	return redis;
}

/** Resolves when the condition holds; the test's own deadline is the only one. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
	while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}
