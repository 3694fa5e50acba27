import type { RedisPort, Script } from "@rk/client";
import {
	connect as connectIoredis,
	connectCluster as connectIoredisCluster,
	connectSentinel as connectIoredisSentinel,
} from "@rk/ioredis";
import {
	connect as connectNodeRedis,
	connectCluster as connectNodeRedisCluster,
	connectSentinel as connectNodeRedisSentinel,
} from "@rk/node-redis";
import type { FaultProxy, TestServer } from "@rk/testing";
import { expect, onTestFinished } from "vitest";
import {
	createLocks,
	type Lock,
	type LockEvent,
	type Locks,
	type LocksOptions,
	type TryOptions,
} from "../src/index.ts";

/** An adapter that the tests run over. */
export interface Adapter {
	readonly name: string;
	connect(url: string): Promise<RedisPort>;
	connectCluster(nodes: readonly string[]): Promise<RedisPort>;
	connectSentinel(name: string, sentinels: readonly string[]): Promise<RedisPort>;
}

export const adapters: readonly Adapter[] = [
	{
		name: "ioredis",
		connect: (url) => connectIoredis({ url }),
		connectCluster: (nodes) => connectIoredisCluster({ nodes }),
		connectSentinel: (name, sentinels) => connectIoredisSentinel({ name, sentinels }),
	},
	{
		name: "node-redis",
		connect: (url) => connectNodeRedis({ url }),
		connectCluster: (nodes) => connectNodeRedisCluster({ nodes }),
		connectSentinel: (name, sentinels) => connectNodeRedisSentinel({ name, sentinels }),
	},
];

/** A port that ends with the test. */
export async function open(adapter: Adapter, url: string): Promise<RedisPort> {
	const redis = await adapter.connect(url);
	onTestFinished(() => redis.close({ graceMs: 0 }));
	return redis;
}

/** Locks that end with the test, and what happened to them. */
export function locksOn(redis: RedisPort, options: LocksOptions = {}): Locks & { events: LockEvent[] } {
	const events: LockEvent[] = [];
	const onEvent = (event: LockEvent): void => {
		events.push(event);
		options.onEvent?.(event);
	};
	const locks = createLocks(redis, { ...options, onEvent });
	onTestFinished(() => locks.close());
	return Object.assign(locks, { events });
}

let keys = 0;

/** A key that no other test has. */
export function freshKey(): string {
	keys += 1;
	return `key:${process.pid}:${keys}`;
}

/** Resolves when the condition holds; the test's own deadline is the only one. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
	while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Matches the calls of one script, by digest or by source. */
export function callOf(script: Script): (args: readonly string[]) => boolean {
	return ([, what]) => what === script.sha1 || what === script.source;
}

/** The server's proxy, which all clients go through. */
export function proxyOf(server: TestServer): FaultProxy {
	return server.proxy ?? expect.fail("the server has no proxy");
}

/** The lock, which must have been free. */
export async function taken(locks: Locks, key: string, options?: TryOptions): Promise<Lock> {
	return (await locks.tryAcquire(key, options)) ?? expect.fail(`${key} is held by another`);
}

/** Keeps the event loop busy, as a long computation does. */
export function block(ms: number): void {
	const end = performance.now() + ms;
	while (performance.now() < end);
}
