import type { RedisPort, Script } from "@rk/client";
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

export { type Adapter, adapters, open, until } from "../../../test/adapters.ts";

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
