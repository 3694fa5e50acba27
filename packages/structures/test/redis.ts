import type { RedisPort } from "@rk/client";
import * as overIoredis from "@rk/ioredis";
import * as overNodeRedis from "@rk/node-redis";
import type { TestCluster } from "@rk/testing";
import { onTestFinished } from "vitest";
import "../../../test/context.ts";

/** An adapter that the tests run over. */
export interface Adapter {
	readonly name: string;
	connect(url: string, commandTimeoutMs?: number): Promise<RedisPort>;
	connectCluster(nodes: readonly string[]): Promise<RedisPort>;
}

/** A machine that does much else answers late; nothing here is about that. */
const PATIENCE_MS = 25_000;

export const adapters: readonly Adapter[] = [
	{
		name: "ioredis",
		connect: (url, commandTimeoutMs = PATIENCE_MS) => overIoredis.connect({ url, commandTimeoutMs }),
		connectCluster: (nodes) => overIoredis.connectCluster({ nodes, commandTimeoutMs: PATIENCE_MS }),
	},
	{
		name: "node-redis",
		connect: (url, commandTimeoutMs = PATIENCE_MS) => overNodeRedis.connect({ url, commandTimeoutMs }),
		connectCluster: (nodes) => overNodeRedis.connectCluster({ nodes, commandTimeoutMs: PATIENCE_MS }),
	},
];

/** A port that ends with the test. */
export async function open(adapter: Adapter, url: string, commandTimeoutMs?: number): Promise<RedisPort> {
	return ending(await adapter.connect(url, commandTimeoutMs));
}

/** A port over the whole cluster that ends with the test. */
export async function openCluster(adapter: Adapter, cluster: TestCluster): Promise<RedisPort> {
	return ending(await adapter.connectCluster(cluster.nodes.map(({ host, port }) => `${host}:${port}`)));
}

function ending(redis: RedisPort): RedisPort {
	onTestFinished(() => redis.close({ graceMs: 0 }));
	return redis;
}

let names = 0;

/** A name that no other test has. */
export function freshName(): string {
	names += 1;
	return `name-${process.pid}-${names}`;
}

/** Resolves when the condition holds; the test's own deadline is the only one. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
	while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** All that an iteration gives. */
export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
	const all: T[] = [];
	for await (const item of items) all.push(item);
	return all;
}
