import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { get, incr } from "@rk/client";
import { until } from "../wait.ts";
import { check, type Definition, EVERYWHERE } from "./check.ts";
import { quiet } from "./expect.ts";
import type { Scene } from "./scene.ts";

/** More than this for each cycle is a leak: a port that is kept costs tens of kilobytes. */
const LEAK_BYTES = 2000;
const WARM_UP = 20;

async function cycle(scene: Scene): Promise<void> {
	const port = await scene.open();
	const key = scene.key("k");
	await port.command(get(key));
	await port.session(key, (session) => session.command(incr(key)));
	await port.subscribe({ names: [key], onMessage: () => {} });
	await port.trackPrefixes({ prefixes: [key], onInvalidate: () => {}, onGap: () => {} });
	port.on("up", () => {});
	await port.command(get(key), { timeoutMs: 10_000, signal: new AbortController().signal });
	await scene.end(port);
}

/** Handles that would keep the process, by kind; timers that are unref'd are not among them. */
function handles(): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
	return counts;
}

function processListeners(): number {
	return process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
}

async function usedBytes(): Promise<number> {
	setFlagsFromString("--expose-gc");
	const collect: unknown = runInNewContext("gc");
	for (let i = 0; i < 3; i++) {
		if (typeof collect === "function") collect();
		await quiet(20);
	}
	return process.memoryUsage().heapUsed;
}

async function connections(scene: Scene): Promise<number> {
	await quiet(20);
	return scene.proxies.reduce((sum, proxy) => sum + proxy.connections, 0);
}

function sockets(): number {
	return handles()["TCPSocketWrap"] ?? 0;
}

export function lifecycleChecks(cycles: number): readonly Definition[] {
	return [
		check(
			`${cycles} cycles of open, session, subscribe, track and close leave nothing behind`,
			EVERYWHERE,
			async (scene) => {
				for (let i = 0; i < WARM_UP; i++) await cycle(scene);
				const before = {
					connections: await connections(scene),
					sockets: sockets(),
					listeners: processListeners(),
				};
				const bytes = await usedBytes();
				for (let i = 0; i < cycles; i++) await cycle(scene);
				for (const proxy of scene.proxies) proxy.forget();
				await until(
					"connections are closed",
					10_000,
					async () => (await connections(scene)) <= before.connections,
				);
				await until("sockets are gone", 10_000, async () => sockets() <= before.sockets);
				assert.equal(processListeners(), before.listeners, "listeners of the process");
				// Libraries keep an ended client until their own timers have run, the last ones of them still now.
				let grown = Number.POSITIVE_INFINITY;
				await until("the heap is as before", 15_000, async () => {
					grown = ((await usedBytes()) - bytes) / cycles;
					return grown < LEAK_BYTES;
				}).catch(() => {});
				assert.ok(grown < LEAK_BYTES, `${Math.round(grown)} bytes were left by each cycle`);
				scene.print(
					`${scene.kind}: ${cycles} cycles of open … close grew the heap by ${Math.round(grown)} bytes each`,
				);
			},
			60_000 + cycles * 5_000,
		),
		check(
			"work that failed leaves nothing behind: losses, deadlines, aborts, refused subscriptions",
			EVERYWHERE,
			async (scene) => {
				const key = scene.key("k");
				const before = { connections: await connections(scene), listeners: processListeners() };
				const port = await scene.open();
				await port.command(get(key));
				const { signal } = new AbortController();
				for (let i = 0; i < 20; i++) {
					const proxy = await scene.proxyOf(key);
					const swallowed = proxy.swallowReply("INCR");
					await port.command(incr(key), { signal }).catch(() => {});
					await swallowed;
					await port.session(key, (session) => session.command(get(key)), { signal });
					const subscription = await port.subscribe({ names: [key], onMessage: () => {}, signal });
					await subscription.close();
				}
				await scene.end(port);
				await until(
					"connections are closed",
					10_000,
					async () => (await connections(scene)) <= before.connections,
				);
				assert.equal(processListeners(), before.listeners);
				assert.equal(listenersOf(signal), 0, "listeners of the caller's signal");
			},
		),
	];
}

function listenersOf(signal: AbortSignal): number {
	return getEventListeners(signal, "abort").length;
}
