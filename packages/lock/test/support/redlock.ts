import type { RedisPort } from "@rk/client";
import { startServer, type TestServer } from "@rk/testing";
import { afterAll, afterEach, beforeAll, onTestFinished } from "vitest";
import { createRedlock, type LockEvent, type Redlock, type RedlockOptions } from "../../src/index.ts";
import { type Adapter, open, proxyOf } from "../redis.ts";

/** Independent servers for the tests of a file; each test finds them healthy. */
export function independentServers(number: number): readonly TestServer[] {
	const servers: TestServer[] = [];
	beforeAll(async () => {
		for (let n = 0; n < number; n++) servers.push(await startServer({ proxied: true, owned: true }));
	});
	afterEach(async () => {
		for (const server of servers) {
			await server.thaw();
			await proxyOf(server).refuse(false);
			await proxyOf(server).heal();
			proxyOf(server).forget();
		}
	});
	afterAll(async () => {
		for (const server of servers) await server.stop();
	});
	return servers;
}

/** A port to each server. Later ones, of other adapters perhaps, are taken in turn. */
export function openAll(servers: readonly TestServer[], ...using: readonly Adapter[]): Promise<RedisPort[]> {
	return Promise.all(
		servers.map((server, n) => {
			const adapter = using[n % using.length];
			if (adapter === undefined) throw new Error("There is no adapter");
			return open(adapter, server.url);
		}),
	);
}

/** A Redlock that ends with the test, and what happened to its locks. Patient with servers, since the machine may be busy. */
export function redlockOn(
	servers: readonly RedisPort[],
	options: RedlockOptions = {},
): Redlock & { events: LockEvent[] } {
	const events: LockEvent[] = [];
	const redlock = createRedlock(servers, {
		nodeTimeoutMs: 1_000,
		...options,
		onEvent: (event) => events.push(event),
	});
	onTestFinished(() => redlock.close());
	return Object.assign(redlock, { events });
}

/** What each server has at the lock's key. */
export function kept(servers: readonly TestServer[], key: string): Promise<unknown[]> {
	return Promise.all(servers.map((server) => server.command("GET", `lock:${key}`)));
}

/** Sets another's lock on a server. */
export async function plant(server: TestServer, key: string, token: string, ttlMs: number): Promise<void> {
	await server.command("SET", `lock:${key}`, token, "PX", ttlMs);
}
