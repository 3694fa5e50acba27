import { pubsubNumsub, type RedisPort } from "@rk/client";
import { onTestFinished } from "vitest";
import { createPubSub, type PubSub, type PubSubOptions } from "../src/index.ts";

export { type Adapter, adapters, open, openCluster, until } from "../../../test/adapters.ts";
export { ownServer, proxiedServer } from "../../../test/own-server.ts";

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
