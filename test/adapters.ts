import type { ConnectOptions, RedisPort } from "@rk/client";
import * as overIoredis from "@rk/ioredis";
import * as overNodeRedis from "@rk/node-redis";
import { onTestFinished } from "vitest";

/** An adapter that the suites of the domain packages run over. */
export interface Adapter {
	readonly name: string;
	connect(url: string, waits?: Waits): Promise<RedisPort>;
	connectCluster(nodes: readonly string[], waits?: Waits): Promise<RedisPort>;
	connectSentinel(name: string, sentinels: readonly string[]): Promise<RedisPort>;
}

/** How long a connection and a reply may take, where that is not what the tests are about. */
export type Waits = Pick<ConnectOptions, "connectTimeoutMs" | "commandTimeoutMs">;

export const adapters: readonly Adapter[] = [
	{
		name: "ioredis",
		connect: (url, waits) => overIoredis.connect({ url, ...waits }),
		connectCluster: (nodes, waits) => overIoredis.connectCluster({ nodes, ...waits }),
		connectSentinel: (name, sentinels) => overIoredis.connectSentinel({ name, sentinels }),
	},
	{
		name: "node-redis",
		connect: (url, waits) => overNodeRedis.connect({ url, ...waits }),
		connectCluster: (nodes, waits) => overNodeRedis.connectCluster({ nodes, ...waits }),
		connectSentinel: (name, sentinels) => overNodeRedis.connectSentinel({ name, sentinels }),
	},
];

/** A port that ends with the test. */
export async function open(adapter: Adapter, url: string, waits?: Waits): Promise<RedisPort> {
	const redis = await adapter.connect(url, waits);
	onTestFinished(() => redis.close({ graceMs: 0 }));
	return redis;
}

/** A port over the whole cluster that ends with the test. */
export async function openCluster(
	adapter: Adapter,
	nodes: readonly { readonly url: string }[],
	waits?: Waits,
): Promise<RedisPort> {
	const redis = await adapter.connectCluster(
		nodes.map(({ url }) => url),
		waits,
	);
	onTestFinished(() => redis.close({ graceMs: 0 }));
	return redis;
}

/** Resolves when the condition holds; the test's own deadline is the only one. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
	while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}
