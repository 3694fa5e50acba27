import type { RedisPort } from "@rk/client";
import type { TestServer } from "@rk/testing";
import { expect, onTestFinished } from "vitest";
import { createRedlock, type Redlock, type RedlockOptions } from "../../src/index.ts";
import { type Adapter, type Diary, newDiary, open, type ProxiedServer, proxiedServer } from "../redis.ts";

/** Independent servers for the tests of a file, and the server of a number among them. */
export async function independentServers(number: number): Promise<{
	readonly servers: readonly ProxiedServer[];
	readonly server: (n: number) => ProxiedServer;
}> {
	const servers = await Promise.all(Array.from({ length: number }, proxiedServer));
	return { servers, server: (n) => servers[n] ?? expect.fail(`there is no server ${n}`) };
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
export function redlockOn(servers: readonly RedisPort[], options: RedlockOptions = {}): Redlock & Diary {
	const diary = newDiary();
	const redlock = createRedlock(servers, {
		nodeTimeoutMs: 1_000,
		...options,
		onEvent: (event) => diary.events.push(event),
	});
	onTestFinished(() => redlock.close());
	return Object.assign(redlock, diary);
}

/** What each server has at the lock's key. */
export function kept(servers: readonly TestServer[], key: string): Promise<unknown[]> {
	return Promise.all(servers.map((server) => server.command("GET", `lock:${key}`)));
}

/** Sets another's lock on a server. */
export async function plant(server: TestServer, key: string, token: string, ttlMs: number): Promise<void> {
	await server.command("SET", `lock:${key}`, token, "PX", ttlMs);
}
