import { type ClusterDriver, type Driver, keyInSlot, type Link, slotOf } from "@rk/client";
import { type ClusterNode, startCluster, startProxy, type TestCluster } from "@rk/testing";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ioredisDriver } from "../src/driver.ts";
import { libraries } from "./clients.ts";
import { next, outcomeOf, ready, until } from "./links.ts";

let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startCluster({ masters: 3, replicas: 1, proxied: true });
});
afterEach(() => Promise.all(cluster.proxies.map((proxy) => proxy.heal())));
afterAll(() => cluster.stop());

const addressOf = ({ host, port }: ClusterNode): string => `${host}:${port}`;
const OPEN = { protocol: "as-configured", readOnly: false, timeoutMs: 2_000 } as const;

describe.each(libraries)("$name", (library) => {
	const driverOf = (options: object = {}): { driver: Driver; nodes: ClusterDriver } => {
		const client = library.cluster(
			cluster.nodes.map(({ host, port }) => ({ host, port })),
			{ lazyConnect: true, ...options },
		);
		const driver = ioredisDriver(client, true);
		onTestFinished(() => driver.close());
		return { driver, nodes: driver.cluster ?? expect.fail("not a cluster") };
	};
	const known = async (options: object = {}): Promise<{ driver: Driver; nodes: ClusterDriver }> => {
		const made = driverOf(options);
		await made.nodes.refresh(-1);
		return made;
	};
	const linkFor = async (nodes: ClusterDriver, slot: number): Promise<Link> => {
		const link = nodes.linkAt(nodes.masterOf(slot) ?? "") ?? expect.fail("no link");
		link.connect?.();
		await ready(link);
		return link;
	};

	test("nothing is known before the first refresh, all nodes and slots after it", async () => {
		const { nodes } = driverOf();
		expect(nodes.masters()).toEqual([]);
		await nodes.refresh(-1);
		const masters = await cluster.masters();
		expect([...nodes.masters()].sort()).toEqual(masters.map(addressOf).sort());
		for (const slot of [0, 8_000, 16_383]) {
			const owner = await cluster.ownerOf(slot);
			expect(nodes.masterOf(slot)).toBe(addressOf(owner));
			expect(nodes.replicasOf(slot)).toEqual((await cluster.replicasOf(owner)).map(addressOf));
		}
		for (const node of cluster.nodes) expect(nodes.linkAt(addressOf(node))?.node).toBe(addressOf(node));
		expect(nodes.linkAt("127.0.0.1:1")).toBeUndefined();
	});

	// Red (2) without the drain: the library would reject it, and its Cluster send it again.
	test("a node's lost reply is unknown and not sent again; the node is back after a refresh", async () => {
		const { nodes } = await known();
		const slot = slotOf("counter");
		const owner = await cluster.ownerOf(slot);
		await owner.command("DEL", "counter");
		const link = await linkFor(nodes, slot);
		const closed = next();
		link.onState((state) => state === "closed" && closed.call());
		const swallowed = owner.proxy?.swallowReply("INCR");
		const lost = outcomeOf(link.send(["INCR", "counter"], "utf8"));
		expect(await swallowed).toBe(true);
		expect(await lost).toBe("RK_CONNECTION unknown");
		await closed.promise;
		expect(nodes.linkAt(addressOf(owner))).toBeUndefined();
		await nodes.refresh(slot);
		expect(nodes.linkAt(addressOf(owner))).not.toBe(link);
		expect(await (await linkFor(nodes, slot)).send(["GET", "counter"], "utf8")).toBe("1");
	});

	// Pins refreshSlotsCache(), which is not in the library's manual.
	test("a refresh brings the slots as they are now, and says so", async () => {
		const { nodes } = await known();
		const slot = 100;
		const from = await cluster.ownerOf(slot);
		const to = (await cluster.masters()).find(({ id }) => id !== from.id) ?? expect.fail("one master");
		await cluster.moveSlot(slot, to);
		expect(nodes.masterOf(slot)).toBe(addressOf(from));
		let changes = 0;
		const off = nodes.onTopology(() => {
			changes += 1;
		});
		await nodes.refresh(slot);
		expect(nodes.masterOf(slot)).toBe(addressOf(to));
		expect(changes).toBeGreaterThan(0);
		off();
	});

	test("a connection of one's own goes to the node asked for, a replica's included", async () => {
		const { driver, nodes } = await known();
		const slot = slotOf("read");
		const owner = await cluster.ownerOf(slot);
		await owner.command("SET", "read", "v");
		await owner.command("WAIT", 1, 5_000);
		const [replica = ""] = nodes.replicasOf(slot);
		const own = await driver.open({ ...OPEN, node: replica, readOnly: true });
		onTestFinished(() => own.destroy());
		expect(own.node).toBe(replica);
		expect(await own.send(["GET", "read"], "utf8")).toBe("v");
		await expect(driver.open({ ...OPEN, node: "127.0.0.1:1" })).rejects.toMatchObject({
			outcome: "not-sent",
		});
	});

	test("a node is known by the address in MOVED, also where the client reaches it at another", async () => {
		const natMap: { [node: string]: { host: string; port: number } } = {};
		for (const node of cluster.nodes) {
			const proxy = await startProxy({ host: node.host, port: node.port });
			onTestFinished(() => proxy.stop());
			natMap[addressOf(node)] = { host: proxy.host, port: proxy.port };
		}
		const { driver, nodes } = await known({ natMap });
		const owner = await cluster.ownerOf(0);
		const mapped = nodes.masterOf(0);
		expect(mapped).not.toBe(addressOf(owner));
		expect(nodes.linkAt(addressOf(owner))).toBe(nodes.linkAt(mapped ?? ""));
		const own = await driver.open({ ...OPEN, node: addressOf(owner) });
		onTestFinished(() => own.destroy());
		expect(own.node).toBe(mapped);
	});

	// Red on ioredis 5 without the listener for "moved": the promise never settles.
	test("subscribing to a shard channel at the wrong node rejects with MOVED", async () => {
		const { driver, nodes } = await known();
		const channel = "shard";
		const wrong = nodes.masters().find((node) => node !== nodes.masterOf(slotOf(channel)));
		const own = await driver.open({ ...OPEN, node: wrong });
		onTestFinished(() => own.destroy());
		expect(driver.fault(await own.subscribe("shard", [channel]).catch((error: unknown) => error)).code).toBe(
			"MOVED",
		);
	});

	test("when the slot of a shard channel moves, that is said", async () => {
		const { driver, nodes } = await known();
		const slot = 200;
		const channel = keyInSlot(slot);
		const own = await driver.open({ ...OPEN, node: nodes.masterOf(slot) });
		onTestFinished(() => own.destroy());
		const moved = next();
		own.onShardMoved(moved.call);
		await own.subscribe("shard", [channel]);
		const from = await cluster.ownerOf(slot);
		const to = (await cluster.masters()).find(({ id }) => id !== from.id) ?? expect.fail("one master");
		await cluster.moveSlot(slot, to);
		await moved.promise;
	});

	test("once the client has ended, a refresh says so, and no node is known", async () => {
		const { driver, nodes } = await known();
		await driver.close();
		await until(() => cluster.nodes.every((node) => nodes.linkAt(addressOf(node)) === undefined));
		// Red when the library's status is asked: by now that is "close".
		await expect(nodes.refresh(-1)).rejects.toMatchObject({ code: "RK_CLOSED" });
	});
});
