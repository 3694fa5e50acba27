import type { RedisPort } from "@rk/client";
import { startCluster, type TestCluster } from "@rk/testing";
import { inject } from "vitest";
import { adapters, open, openCluster } from "./redis.ts";

/** Where the same tests run: both adapters, on one server and on a cluster of three masters. */
export interface Place {
	readonly name: string;
	/** A port that ends with the test. */
	open(): Promise<RedisPort>;
}

let cluster: TestCluster | undefined;

/** For `beforeAll`: what the places need. Resolves to what ends it. */
export async function startPlaces(): Promise<() => Promise<void>> {
	const started = await startCluster({ masters: 3, replicas: 0 });
	cluster = started;
	return () => started.stop();
}

export const places: readonly Place[] = adapters.flatMap((adapter) => [
	{ name: `${adapter.name}, one server`, open: () => open(adapter, inject("redisUrl")) },
	{
		name: `${adapter.name}, a cluster`,
		open: () => {
			if (cluster === undefined) throw new Error("startPlaces() belongs into beforeAll");
			return openCluster(adapter, cluster);
		},
	},
]);
