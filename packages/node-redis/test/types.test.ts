import type { RedisPort } from "@rk/client";
import { createClient, createClientPool, createCluster, createSentinel } from "redis";
import { expectTypeOf, test } from "vitest";
import { connect, connectCluster, connectSentinel, nodeRedisPort } from "../src/index.ts";

test("clients of any configuration fit without a cast", () => {
	const accepted = expectTypeOf(nodeRedisPort).parameter(0);
	expectTypeOf(createClient()).toExtend<Parameters<typeof nodeRedisPort>[0]>();
	const resp2 = () => createClient({ RESP: 2, socket: { path: "/tmp/redis.sock", tls: false }, scripts: {} });
	expectTypeOf(resp2).returns.toExtend<Parameters<typeof nodeRedisPort>[0]>();
	const buffers = () =>
		createClient({ RESP: 3, url: "rediss://localhost", commandOptions: { typeMapping: { 36: Buffer } } });
	expectTypeOf(buffers).returns.toExtend<Parameters<typeof nodeRedisPort>[0]>();
	const cluster = () => createCluster({ rootNodes: [], RESP: 2, useReplicas: true });
	expectTypeOf(cluster).returns.toExtend<Parameters<typeof nodeRedisPort>[0]>();
	const sentinel = () => createSentinel({ name: "main", sentinelRootNodes: [] });
	expectTypeOf(sentinel).returns.toExtend<Parameters<typeof nodeRedisPort>[0]>();
	accepted.not.toBeAny();
});

test("a pool is not a client", () => {
	expectTypeOf(createClientPool).returns.not.toExtend<Parameters<typeof nodeRedisPort>[0]>();
});

test("every way to a port gives the same port", () => {
	expectTypeOf(nodeRedisPort).returns.toEqualTypeOf<RedisPort>();
	expectTypeOf(connect).returns.resolves.toEqualTypeOf<RedisPort>();
	expectTypeOf(connectCluster).returns.resolves.toEqualTypeOf<RedisPort>();
	expectTypeOf(connectSentinel).returns.resolves.toEqualTypeOf<RedisPort>();
});
