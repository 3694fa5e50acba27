import type { ClusterDriver, Driver } from "@rk/client";
import { slotOf } from "@rk/client";
import { type ClusterNode, startCluster, type TestCluster } from "@rk/testing";
import { createCluster } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { nodeRedisDriver } from "../src/driver.ts";
import type { NodeRedisCluster } from "../src/native.ts";
import { stateOf } from "./support.ts";

let servers: TestCluster;
const ended: Array<() => Promise<void>> = [];

beforeAll(async () => {
	servers = await startCluster({ masters: 3, replicas: 1, proxied: true });
});
afterAll(() => servers.stop());
afterEach(async () => {
	for (const end of ended.splice(0)) await end();
	await Promise.all(servers.proxies.map((proxy) => proxy.heal()));
	await servers.settled();
});

const addressOf = ({ host, port }: { host: string; port: number }): string => `${host}:${port}`;
const reconnectStrategy = 20;

interface Over {
	readonly native: NodeRedisCluster;
	readonly driver: Driver;
	readonly cluster: ClusterDriver;
}

async function over(native: NodeRedisCluster, connected = true): Promise<Over> {
	const driver = nodeRedisDriver(native, true);
	ended.push(() => driver.close());
	if (driver.cluster === undefined) throw new Error("no cluster");
	if (connected) await native.connect();
	return { native, driver, cluster: driver.cluster };
}

const plain = (): NodeRedisCluster =>
	createCluster({
		rootNodes: servers.nodes.map(({ host, port }) => ({ socket: { host, port } })),
		defaults: { socket: { reconnectStrategy } },
	});

async function linkTo({ cluster }: Over, node: ClusterNode) {
	const link = cluster.linkAt(addressOf(node));
	if (link === undefined) throw new Error("no link");
	await stateOf(link, "ready");
	return link;
}

describe("the nodes of a cluster", () => {
	test("are those that the servers name, each with its own connection", async () => {
		const it = await over(plain());
		const masters = await servers.masters();
		expect([...it.cluster.masters()].sort()).toEqual(masters.map(addressOf).sort());
		const owner = await servers.ownerOf(slotOf("k"));
		expect(it.cluster.masterOf(slotOf("k"))).toBe(addressOf(owner));
		const link = await linkTo(it, owner);
		expect(await link.send(["SET", "k", "1"], "utf8")).toBe("OK");
		expect(it.cluster.linkAt(addressOf(owner))).toBe(link);
		expect(it.cluster.linkAt("127.0.0.1:1")).toBeUndefined();
		expect(it.cluster.replicasOf(slotOf("k"))).toEqual([]);
	});

	test("are asked for when the application has not connected its client", async () => {
		const it = await over(plain(), false);
		expect(it.cluster.masterOf(0)).toBeUndefined();
		await it.cluster.refresh(-1);
		expect(it.cluster.masters()).toHaveLength(3);
	});

	test("answer a redirection to the caller, who alone decides what is sent again", async () => {
		const it = await over(plain());
		const masters = await servers.masters();
		const owner = await servers.ownerOf(slotOf("k"));
		const other = masters.find((node) => node.id !== owner.id);
		if (other === undefined) throw new Error("no other");
		const link = await linkTo(it, other);
		for (const proxy of servers.proxies) proxy.forget();
		const error = await link.send(["INCR", "k"], "utf8").catch(it.driver.fault);
		expect(error).toMatchObject({ code: "MOVED", message: `MOVED ${slotOf("k")} ${addressOf(owner)}` });
		expect(servers.proxies.map((proxy) => proxy.count("INCR")).reduce((a, b) => a + b)).toBe(1);
	});

	test("that lose a reply have run the command once", async () => {
		const it = await over(plain());
		const owner = await servers.ownerOf(slotOf("lost"));
		const link = await linkTo(it, owner);
		const swallowed = owner.proxy?.swallowReply("INCR");
		const error = await link.send(["INCR", "lost"], "utf8").catch(it.driver.fault);
		expect(await swallowed).toBe(true);
		expect(error).toMatchObject({ code: "RK_CONNECTION", outcome: "unknown" });
		await stateOf(link, "ready");
		expect(await link.send(["GET", "lost"], "utf8")).toBe("1");
	});

	test("are left to the application without a listener of the port's", async () => {
		const native = plain();
		native.on("error", () => {});
		await native.connect();
		const clients = [...native.nodeByAddress.values()].flatMap(({ client }) => client ?? []);
		const listeners = (): number[] => [native, ...clients].map((each) => each.eventNames().length);
		const before = listeners();
		const driver = nodeRedisDriver(native, false);
		for (const node of driver.cluster?.masters() ?? []) driver.cluster?.linkAt(node);
		expect(clients).toHaveLength(3);
		await driver.close();
		expect(listeners()).toEqual(before);
		native.destroy();
	});
});

describe("after a slot moved", () => {
	test("a refresh shows its new owner, and says so", async () => {
		const it = await over(plain());
		const slot = slotOf("moving");
		const from = await servers.ownerOf(slot);
		const to = (await servers.masters()).find((node) => node.id !== from.id);
		if (to === undefined) throw new Error("no other");
		await servers.moveSlot(slot, to);
		expect(it.cluster.masterOf(slot)).toBe(addressOf(from));
		const told = vi.fn();
		it.cluster.onTopology(told);
		await it.cluster.refresh(slot);
		expect(it.cluster.masterOf(slot)).toBe(addressOf(to));
		expect(told).toHaveBeenCalledTimes(1);
		await servers.moveSlot(slot, from);
	});

	// Breaks without #whomToAsk: the library asks the frozen node, and waits for its answer for as long as it takes.
	test("a refresh passes over a node that is frozen", async () => {
		const it = await over(plain());
		const frozen = await servers.ownerOf(0);
		await linkTo(it, frozen);
		await frozen.freeze();
		try {
			for (let i = 0; i < 3; i++) await it.cluster.refresh(0);
		} finally {
			await frozen.thaw();
		}
		expect(it.cluster.masters()).toHaveLength(3);
	});

	// Breaks without protectSockets(): the discovery leaves reconnectStrategy false in what the next node client is made of.
	test("a node's connection still comes back after a drop", async () => {
		const map = Object.fromEntries(
			servers.nodes.map(({ host, port }) => [addressOf({ host, port }), { host, port }]),
		);
		const native = createCluster({
			rootNodes: servers.nodes.map(({ host, port }) => ({ socket: { host, port } })),
			nodeAddressMap: map,
		});
		const it = await over(native);
		const owner = await servers.ownerOf(slotOf("k"));
		await linkTo(it, owner);
		for (let i = 0; i < 3; i++) await it.cluster.refresh(slotOf("k"));
		expect(Object.values(map).every((entry) => !("reconnectStrategy" in entry))).toBe(true);
		expect(native.nodeByAddress.get(addressOf(owner))?.client?.options?.socket).not.toHaveProperty(
			"reconnectStrategy",
		);
	});

	// Breaks without the check in linkAt(): the library keeps a client that gave up for as long as the node is there.
	test("a node whose client gave up gets a new one", async () => {
		const native = createCluster({
			rootNodes: servers.nodes.map(({ host, port }) => ({ socket: { host, port } })),
			defaults: { socket: { reconnectStrategy: false } },
		});
		const it = await over(native);
		const owner = await servers.ownerOf(0);
		const link = await linkTo(it, owner);
		owner.proxy?.cut();
		await stateOf(link, "closed");
		const next = await linkTo(it, owner);
		expect(await next.send(["PING"], "utf8")).toBe("PONG");
	});
});

describe("replicas", () => {
	test("are given only by a client that connects to them, and answer reads", async () => {
		const it = await over(
			createCluster({
				rootNodes: servers.nodes.map(({ host, port }) => ({ socket: { host, port } })),
				defaults: { socket: { reconnectStrategy } },
				useReplicas: true,
			}),
		);
		const slot = slotOf("k");
		const replicas = await servers.replicasOf(await servers.ownerOf(slot));
		expect(it.cluster.replicasOf(slot)).toEqual(replicas.map(addressOf));
		const [replica] = replicas;
		if (replica === undefined) throw new Error("no replica");
		const link = await linkTo(it, replica);
		await expect(link.send(["EXISTS", "k"], "utf8")).resolves.toBeTypeOf("number");
	});

	// Breaks without wantReads(): the connection of the former master answers every read with MOVED.
	test("that were masters before answer reads too", async () => {
		const it = await over(
			createCluster({
				rootNodes: servers.nodes.map(({ host, port }) => ({ socket: { host, port } })),
				defaults: { socket: { reconnectStrategy } },
				useReplicas: true,
			}),
		);
		const slot = slotOf("k");
		const old = await servers.ownerOf(slot);
		await linkTo(it, old);
		await servers.failover(slot);
		await it.cluster.refresh(slot);
		expect(it.cluster.replicasOf(slot)).toEqual([addressOf(old)]);
		const read = async () => (await linkTo(it, old)).send(["EXISTS", "k"], "utf8");
		await expect(read()).resolves.toBeTypeOf("number");
		const link = await linkTo(it, old);
		old.proxy?.cut();
		await stateOf(link, "down");
		await expect(read()).resolves.toBeTypeOf("number");
		await servers.failover(slot);
	});
});

describe("a connection of its own", () => {
	test("is one to the node that was asked for", async () => {
		const it = await over(plain());
		const [, second] = it.cluster.masters();
		const own = await it.driver.open({
			node: second,
			protocol: "as-configured",
			readOnly: false,
			timeoutMs: 2000,
		});
		expect(own.node).toBe(second);
		const id = await own.send(["CLUSTER", "MYID"], "utf8");
		const node = servers.nodes.find((each) => each.id === id);
		expect(node && addressOf(node)).toBe(second);
		own.destroy();
	});

	test("is possible to a node that the client does not know", async () => {
		const it = await over(plain());
		const [replica] = await servers.replicasOf(await servers.ownerOf(0));
		if (replica === undefined) throw new Error("no replica");
		const node = addressOf(replica);
		expect(it.cluster.linkAt(node)).toBeUndefined();
		const own = await it.driver.open({ node, protocol: "as-configured", readOnly: true, timeoutMs: 2000 });
		expect(await own.send(["CLUSTER", "MYID"], "utf8")).toBe(replica.id);
		own.destroy();
	});

	test("hears that the slot of its shard channel moved", async () => {
		const it = await over(plain());
		const slot = slotOf("news");
		const from = await servers.ownerOf(slot);
		const to = (await servers.masters()).find((node) => node.id !== from.id);
		if (to === undefined) throw new Error("no other");
		const own = await it.driver.open({
			node: addressOf(from),
			protocol: "as-configured",
			readOnly: false,
			timeoutMs: 2000,
		});
		await own.subscribe("shard", ["news"]);
		const moved = new Promise<void>((resolve) => own.onShardMoved(resolve));
		await servers.moveSlot(slot, to);
		await moved;
		own.destroy();
		await servers.moveSlot(slot, from);
	});
});

describe("a driver that is closed", () => {
	const withReplicas = (): NodeRedisCluster =>
		createCluster({
			rootNodes: servers.nodes.map(({ host, port }) => ({ socket: { host, port } })),
			defaults: { socket: { reconnectStrategy } },
			useReplicas: true,
		});
	const connections = (): number => servers.proxies.reduce((sum, proxy) => sum + proxy.connections, 0);
	const slotsAskedFor = () => vi.waitUntil(() => servers.proxies.some((proxy) => proxy.count("CLUSTER") > 0));
	const slowly = (): void => {
		for (const proxy of servers.proxies) {
			proxy.forget();
			proxy.delay(100);
		}
	};

	// Breaks without endCluster(): the library opens a connection to each node it was told of, though it was destroyed.
	test("while the slots are asked for leaves no connection", async () => {
		const { native, driver, cluster } = await over(withReplicas());
		await vi.waitUntil(() => connections() === 6);
		slowly();
		const refreshed = cluster.refresh(0).catch(() => {});
		await slotsAskedFor();
		await driver.close();
		expect(native.nodeByAddress.size).toBe(0);
		await refreshed;
		await vi.waitUntil(() => connections() === 0);
	});

	// Breaks without the listeners of endCluster(): nobody waits for the first discovery, but its nodes connect.
	test("while its client connects for the first time leaves no connection", async () => {
		const { native, driver } = await over(withReplicas(), false);
		slowly();
		const connected = native.connect().catch(() => {});
		await slotsAskedFor();
		await driver.close();
		await connected;
		expect(native.nodeByAddress.size).toBe(0);
		await vi.waitUntil(() => connections() === 0);
	});

	// Breaks without destroyForGood(): the node's client is destroyed before it has a socket, and gets one all the same.
	test("while a node connects again leaves no connection", async () => {
		const { native, driver } = await over(withReplicas());
		await vi.waitUntil(() => connections() === 6);
		const clients = [...native.nodeByAddress.values()].flatMap(({ client }) => client ?? []);
		const owner = await servers.ownerOf(0);
		const cut = clients.find((client) => client.options?.socket?.port === owner.port);
		if (cut === undefined) throw new Error("no client");
		const connecting = new Promise((resolve) => cut.on("reconnecting", () => process.nextTick(resolve)));
		const connected = new Promise((resolve) => cut.on("connect", resolve));
		owner.proxy?.cut();
		await connecting;
		await driver.close();
		await connected;
		await vi.waitUntil(() => connections() === 0);
	});

	// Breaks without whileOpen(): the application destroys its client in the middle of a discovery that the port asked for.
	test("leaves the application a client that it can destroy at once", async () => {
		const native = withReplicas();
		native.on("error", () => {});
		native.on("node-error", () => {});
		const listeners = native.eventNames().length;
		await native.connect();
		const driver = nodeRedisDriver(native, false);
		await vi.waitUntil(() => connections() === 6);
		slowly();
		const refreshed = driver.cluster?.refresh(0).catch(() => {});
		await slotsAskedFor();
		await driver.close();
		native.destroy();
		await refreshed;
		expect(native.nodeByAddress.size).toBe(0);
		expect(native.eventNames()).toHaveLength(listeners);
		await vi.waitUntil(() => connections() === 0);
	});

	// Breaks without the look at #released in refresh(): it would connect the client again.
	test("does not connect its client again", async () => {
		const { native, driver, cluster } = await over(withReplicas());
		await driver.close();
		await expect(cluster.refresh(0)).rejects.toMatchObject({ code: "RK_CLOSED" });
		expect(native.isOpen).toBe(false);
	});
});

test("a cluster client that the application closed says so", async () => {
	const native = plain();
	const it = await over(native);
	native.destroy();
	expect(it.cluster.masters()).toEqual([]);
	await expect(it.cluster.refresh(0)).rejects.toMatchObject({ code: "RK_CLOSED" });
});
