import type { RedisPort } from "@rk/client";
import type { TestCluster } from "@rk/testing";
import { onTestFinished } from "vitest";
import * as shared from "../../../test/adapters.ts";
import "../../../test/context.ts";

export { type Adapter, adapters, until } from "../../../test/adapters.ts";

/** A machine that does much else answers late; nothing here is about that. */
const PATIENCE: shared.Waits = { connectTimeoutMs: 25_000, commandTimeoutMs: 25_000 };

/** A port that ends with the test. */
export function open(
	adapter: shared.Adapter,
	url: string,
	waits: shared.Waits = PATIENCE,
): Promise<RedisPort> {
	return shared.open(adapter, url, waits);
}

/** A port over the whole cluster that ends with the test. */
export async function openCluster(adapter: shared.Adapter, cluster: TestCluster): Promise<RedisPort> {
	const nodes = cluster.nodes.map(({ host, port }) => `${host}:${port}`);
	const redis = await adapter.connectCluster(nodes, PATIENCE);
	onTestFinished(() => redis.close({ graceMs: 0 }));
	return redis;
}

let names = 0;

/** A name that no other test has. */
export function freshName(): string {
	names += 1;
	return `name-${process.pid}-${names}`;
}

/** All that an iteration gives. */
export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
	const all: T[] = [];
	for await (const item of items) all.push(item);
	return all;
}
