import type { RedisPort } from "@rk/client";
import * as ioredis from "@rk/ioredis";
import * as nodeRedis from "@rk/node-redis";
import { onTestFinished } from "vitest";

export interface Adapter {
	readonly name: string;
	connect(url: string): Promise<RedisPort>;
	connectCluster(nodes: readonly { readonly host: string; readonly port: number }[]): Promise<RedisPort>;
}

const addresses = (nodes: readonly { readonly host: string; readonly port: number }[]): string[] =>
	nodes.map(({ host, port }) => `${host}:${port}`);

/** What every suite here runs over. */
export const adapters: readonly Adapter[] = [
	{
		name: "ioredis",
		connect: (url) => ioredis.connect({ url }),
		connectCluster: (nodes) => ioredis.connectCluster({ nodes: addresses(nodes) }),
	},
	{
		name: "node-redis",
		connect: (url) => nodeRedis.connect({ url }),
		connectCluster: (nodes) => nodeRedis.connectCluster({ nodes: addresses(nodes) }),
	},
];

/** Closes it when the test is over. */
export async function forThisTest(port: Promise<RedisPort>): Promise<RedisPort> {
	const redis = await port;
	onTestFinished(() => redis.close({ graceMs: 0 }));
	return redis;
}

/** What a promise rejects with, or a call throws. */
export async function errorOf(attempt: () => unknown): Promise<unknown> {
	try {
		await attempt();
	} catch (error) {
		return error;
	}
	throw new Error("It did not fail");
}
