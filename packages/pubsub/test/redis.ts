import { pubsubNumsub, type RedisPort } from "@rk/client";
import * as overIoredis from "@rk/ioredis";
import * as overNodeRedis from "@rk/node-redis";
import type { TestServer } from "@rk/testing";
import { onTestFinished } from "vitest";
import { createPubSub, type PubSub, type PubSubOptions } from "../src/index.ts";

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

/** The same for a cluster. */
export async function openCluster(
	adapter: Adapter,
	nodes: readonly Pick<TestServer, "url">[],
): Promise<RedisPort> {
	const redis = await adapter.connectCluster(nodes.map(({ url }) => url));
	onTestFinished(() => redis.close({ graceMs: 0 }));
	return redis;
}

/** Messages that end with the test, and what went wrong with them. */
export function messagesOn(redis: RedisPort, options: PubSubOptions = {}): PubSub & { errors: unknown[] } {
	const errors: unknown[] = [];
	const messages = createPubSub(redis, {
		...options,
		onError: (error, meta) => {
			errors.push(error);
			options.onError?.(error, meta);
		},
	});
	onTestFinished(() => messages.close());
	return Object.assign(messages, { errors });
}

let names = 0;

/** A name that no other test has. */
export function freshName(): string {
	names += 1;
	return `name:${process.pid}:${names}`;
}

/** Resolves when the condition holds; the test's own deadline is the only one. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
	while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** How many connections the server has subscribed to the channel. */
export async function listenersOf(redis: RedisPort, channel: string): Promise<number> {
	return (await redis.command(pubsubNumsub(channel))).get(channel) ?? 0;
}

/** A promise, and what settles it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
	let open = (): void => {};
	const opened = new Promise<void>((resolve) => {
		open = resolve;
	});
	return { opened, open: () => open() };
}

/** 0, 1, …, n − 1. */
export function upTo(n: number): number[] {
	return Array.from({ length: n }, (_, i) => i);
}

/** Numbers from 0 to below 1 that a seed decides. */
export function randomFrom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state / 2 ** 32;
	};
}
