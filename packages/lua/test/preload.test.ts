import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { keyInSlot, type RedisPort } from "@rk/client";
import { startCluster, startServer, type TestCluster, type TestServer } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
	compareAndDelete,
	createScripts,
	defineScript,
	int,
	type LuaDiagnostics,
	setIfGreater,
} from "../src/index.ts";
import { adapters, forThisTest } from "./adapters.ts";

let server: TestServer;
let cluster: TestCluster;
beforeAll(async () => {
	[server, cluster] = await Promise.all([
		startServer({ owned: true }),
		startCluster({ masters: 3, replicas: 1 }),
	]);
});
afterAll(() => Promise.all([server.stop(), cluster.stop()]));

const scripts = { compareAndDelete, setIfGreater };
const digests = Object.values(scripts).map(({ sha1 }) => sha1);
const known = async (on: TestServer): Promise<unknown> => on.command("SCRIPT", "EXISTS", ...digests);

/** Resolves with the next event on the channel that `wanted` takes. */
function told(wanted: (event: LuaDiagnostics) => boolean): Promise<void> {
	return new Promise((resolve) => {
		const listener = (event: unknown): void => {
			if (isPreloaded(event) && wanted(event)) resolve();
		};
		subscribe("rk:lua", listener);
		onTestFinished(() => {
			unsubscribe("rk:lua", listener);
		});
	});
}

const isPreloaded = (event: unknown): event is LuaDiagnostics =>
	typeof event === "object" && event !== null && "type" in event && event.type === "preloaded";

/** How many listeners there are, by a count of its own: the port tells nobody. */
function counting(redis: RedisPort): { readonly port: RedisPort; readonly listeners: () => number } {
	let listeners = 0;
	const on: RedisPort["on"] = (event, listener) => {
		const off = redis.on(event, listener);
		listeners += 1;
		return () => {
			listeners -= 1;
			off();
		};
	};
	const port = new Proxy(redis, {
		get(target, name) {
			if (name === "on") return on;
			const value: unknown = Reflect.get(target, name, target);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
	return { port, listeners: () => listeners };
}

describe.each(adapters)("over $name", ({ connect, connectCluster }) => {
	test("every master knows every script after preload(), and no other script than those", async () => {
		const redis = await forThisTest(connectCluster(cluster.nodes));
		const masters = await cluster.masters();
		await Promise.all(masters.map((master) => master.flushScripts()));
		await using set = createScripts(redis, scripts);
		await set.preload();
		for (const master of masters) expect(await known(master)).toEqual([1, 1]);
	});

	// Red (never told) without the listener on "up".
	test("a server that comes back without them gets them again, before anybody calls", async () => {
		const redis = await forThisTest(connect(server.url));
		await using set = createScripts(redis, scripts);
		await set.preload();
		const reloaded = told(({ nodes, failed }) => nodes.length === 1 && failed.size === 0);
		await server.restart();
		await reloaded;
		expect(await known(server)).toEqual([1, 1]);
	});

	// Red (never told) without the listener on "topology".
	test("a master that a failover made gets them", async () => {
		const redis = await forThisTest(connectCluster(cluster.nodes));
		await using set = createScripts(redis, scripts);
		await set.preload();
		const slot = 0;
		const [replica] = await cluster.replicasOf(await cluster.ownerOf(slot));
		if (replica === undefined) expect.fail("no replica");
		await replica.flushScripts();
		const address = `${replica.host}:${replica.port}`;
		const reloaded = told(({ nodes, failed }) => nodes.includes(address) && failed.size === 0);
		await cluster.failover(slot);
		// Somebody has to meet the new master, for the libraries look at the slots only then.
		await redis.command(compareAndDelete({ key: slotZeroKey }, { expected: "x" }));
		await reloaded;
		expect(await known(replica)).toEqual([1, 1]);
	});

	test("masters that do not take them are named, and the methods work all the same", async () => {
		const redis = await forThisTest(connect(server.url));
		await server.command("ACL", "SETUSER", "default", "-script|load");
		onTestFinished(async () => {
			await server.command("ACL", "SETUSER", "default", "+script|load");
		});
		await using set = createScripts(redis, scripts);
		const refused = { code: "RK_LUA_PRELOAD", failed: expect.any(Map), cause: { code: "NOPERM" } };
		await expect(set.preload()).rejects.toMatchObject(refused);
		expect(await set.compareAndDelete({ key: "none" }, { expected: "x" })).toBe(false);
	});

	// Red (RK_LUA_PRELOAD) when what the port says of each master is all that is looked at.
	test("a preload that is aborted says so, and goes on at the next reconnect all the same", async () => {
		const { port, listeners } = counting(await forThisTest(connect(server.url)));
		await using set = createScripts(port, scripts);
		const before = listeners();
		const aborted = { name: "AbortedError", code: "RK_ABORTED" };
		await expect(set.preload({ signal: AbortSignal.abort() })).rejects.toMatchObject(aborted);
		expect(listeners()).toBe(before + 2);
	});

	// Red (1 and 2 listeners) when close() forgets those of either.
	test("close() leaves no listener on the port, and the methods go on to work", async () => {
		const { port, listeners } = counting(await forThisTest(connect(server.url)));
		const set = createScripts(port, scripts);
		await set.preload();
		expect(listeners()).toBeGreaterThan(0);
		await set.close();
		expect(listeners()).toBe(0);
		expect(await set.setIfGreater({ key: "lua:preload" }, { value: 1, ttlMs: 1_000 })).toBe(true);
		await set.close();
	});

	test("a set of scripts without preload() and native commands listens to nothing", async () => {
		const { port, listeners } = counting(await forThisTest(connect(server.url)));
		const own = defineScript({ name: "own", keys: [], reply: int, lua: "return 1" });
		await using set = createScripts(port, { own });
		expect(await set.own({})).toBe(1);
		expect(listeners()).toBe(0);
	});

	test("closing the port ends a preload that is under way", async () => {
		const redis = await forThisTest(connect(server.url));
		const set = createScripts(redis, scripts);
		await set.preload();
		await server.pauseClients(300);
		const loading = set.preload().catch((error: unknown) => error);
		await redis.close({ graceMs: 0 });
		expect(await loading).toMatchObject({ code: expect.stringMatching(/^RK_(CLOSED|LUA_PRELOAD)$/) });
		await set.close();
	});
});

/** A key of slot 0. */
const slotZeroKey = keyInSlot(0);
