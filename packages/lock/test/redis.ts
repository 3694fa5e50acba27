import type { RedisPort, Script } from "@rk/client";
import { expect, onTestFinished } from "vitest";
import * as shared from "../../../test/adapters.ts";
import {
	createLocks,
	type Lock,
	type LockEvent,
	type Locks,
	type LocksOptions,
	type TryOptions,
} from "../src/index.ts";

export { type Adapter, adapters, until } from "../../../test/adapters.ts";
export { ownServer, type ProxiedServer, proxiedServer } from "../../../test/own-server.ts";

/** A machine that does much else lets connections wait; nothing here is about that. */
const PATIENCE: shared.Waits = { connectTimeoutMs: 25_000 };

/** A port that ends with the test. */
export function open(adapter: shared.Adapter, url: string): Promise<RedisPort> {
	return shared.open(adapter, url, PATIENCE);
}

/** A port over the whole cluster that ends with the test. */
export function openCluster(
	adapter: shared.Adapter,
	nodes: readonly { readonly url: string }[],
): Promise<RedisPort> {
	return shared.openCluster(adapter, nodes, PATIENCE);
}

/** What happened to the locks of a factory. */
export interface Diary {
	readonly events: LockEvent[];
	/** How often that happened. */
	told(type: LockEvent["type"]): number;
}

export function newDiary(): Diary {
	const events: LockEvent[] = [];
	return { events, told: (type) => events.filter((event) => event.type === type).length };
}

/** Locks that end with the test, and what happened to them. */
export function locksOn(redis: RedisPort, options: Omit<LocksOptions, "onEvent"> = {}): Locks & Diary {
	const diary = newDiary();
	const locks = createLocks(redis, { ...options, onEvent: (event) => diary.events.push(event) });
	onTestFinished(() => locks.close());
	return Object.assign(locks, diary);
}

let keys = 0;

/** A key that no other test has. */
export function freshKey(): string {
	keys += 1;
	return `key:${process.pid}:${keys}`;
}

/** Matches the calls of one script, by digest or by source. */
export function callOf(script: Script): (args: readonly string[]) => boolean {
	return ([, what]) => what === script.sha1 || what === script.source;
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
