import assert from "node:assert/strict";
import {
	batchGet,
	batchSet,
	get,
	incr,
	mget,
	mset,
	ping,
	type RedisPort,
	raw,
	set,
	slotOf,
} from "@rk/client";
import type { ClusterNode, TestCluster } from "../cluster.ts";
import { until } from "../wait.ts";
import { check, type Definition } from "./check.ts";
import { failure, quiet } from "./expect.ts";
import { Ledger } from "./ledger.ts";
import type { Scene } from "./scene.ts";
import { freshBump } from "./scripts.ts";

const CLUSTER = ["cluster"] as const;
const AT_ONCE = 8;

/** Where a slot is, and another master to move it to. */
async function homes(cluster: TestCluster, slot: number): Promise<[from: ClusterNode, to: ClusterNode]> {
	const from = await cluster.ownerOf(slot);
	const to = (await cluster.masters()).find((master) => master !== from);
	assert.ok(to);
	return [from, to];
}

/** Runs operations until the work is done, and a little longer. */
async function under(scene: Scene, load: Ledger, work: Promise<unknown>): Promise<void> {
	let over = false;
	const operators = Array.from({ length: AT_ONCE }, async () => {
		while (!over && !scene.over) await load.operate(30_000);
	});
	try {
		await work;
		await quiet(100);
	} finally {
		over = true;
		await Promise.all(operators);
	}
}

/** How often each server was sent a GET by clients. */
function gets(scene: Scene): number[] {
	return scene.servers.map((server) => server.proxy?.count("GET") ?? 0);
}

async function inSync(scene: Scene, port: RedisPort, key: string): Promise<void> {
	await port.command(set(key, "v"));
	for (const server of scene.servers) {
		const info = `${await server.command("INFO", "replication")}`;
		if (info.includes("role:slave")) continue;
		await server.command("WAIT", 1, 5000);
	}
}

export const clusterChecks: readonly Definition[] = [
	check("the topology names the slot of a key, its master, and all masters", CLUSTER, async (scene) => {
		const port = await scene.open();
		await port.command(ping());
		const { topology } = port;
		assert.equal(topology.kind, "cluster");
		assert.equal(topology.slotOf("foo"), 12182);
		assert.equal(topology.slotOf("{foo}bar"), 12182);
		// An empty tag is none. The port goes there at once: it would be redirected for ever.
		for (const key of ["a{}{b}", "{}{c}"]) {
			await port.command(set(key, key), { timeoutMs: 10_000 });
			assert.equal(await port.command(get(key), { timeoutMs: 10_000 }), key);
		}
		assert.equal(topology.slotOf(Buffer.from("foo")), 12182);
		const nodes = (await scene.masters()).map(({ host, port: at }) => `${host}:${at}`);
		assert.deepEqual([...topology.masters()].toSorted(), nodes.toSorted());
		const server = await scene.serverOf("foo");
		assert.equal(topology.masterOf(12182), `${server.host}:${server.port}`);
	}),
	check("a batch over all slots has each result in its place", CLUSTER, async (scene) => {
		const port = await scene.open();
		const keys = Array.from({ length: 400 }, (_, i) => scene.spread(`k${i}`));
		assert.deepEqual(
			await port.batch(keys.map((key) => set(key, key))),
			keys.map(() => true),
		);
		assert.deepEqual(await port.batch(keys.map((key) => get(key))), keys);
		await batchSet(
			port,
			keys.map((key) => [key, `${key}!`] as const),
			{ ttlMs: 60_000 },
		);
		const values = await batchGet(port, keys);
		assert.deepEqual([...values].toSorted(), keys.map((key) => [key, `${key}!`]).toSorted());
		const seen = new Set<string>();
		for await (const page of port.scan({ match: scene.spread("k*"), count: 50 }))
			for (const key of page) seen.add(key);
		assert.deepEqual([...seen].toSorted(), keys.toSorted());
	}),
	check("everyMaster() runs on each master, and says what each answered", CLUSTER, async (scene) => {
		const port = await scene.open();
		const sizes = await port.everyMaster(raw(["CLUSTER", "MYID"]));
		const masters = await scene.masters();
		assert.equal(sizes.size, masters.length);
		assert.equal(new Set(sizes.values()).size, masters.length);
		for (const master of masters)
			assert.equal(sizes.get(`${master.host}:${master.port}`), await master.command("CLUSTER", "MYID"));
	}),
	check(
		"while a slot moves, each key is found where it is: MOVED, ASK, in commands, batches, scripts and transactions",
		CLUSTER,
		async (scene) => {
			const port = await scene.open();
			const cluster = scene.cluster();
			const [moved, stays, fresh] = ["moved", "stays", "fresh"].map((name) => scene.key(name));
			assert.ok(moved !== undefined && stays !== undefined && fresh !== undefined);
			const slot = slotOf(moved);
			const [from, to] = await homes(cluster, slot);
			const bump = freshBump();
			await port.batch([set(moved, "1"), set(stays, "1")]);
			await cluster.beginMigration(slot, to, [moved]);
			assert.equal(await port.command(incr(moved)), 2, "gone: asked for at its new node");
			assert.equal(await port.command(incr(stays)), 2, "still here");
			assert.equal(await port.command(incr(fresh)), 1, "new: made at the new node");
			assert.deepEqual(
				await port.batch([incr(moved), incr(stays), bump([moved]), bump([stays])]),
				[3, 3, 4, 4],
			);
			assert.deepEqual(await port.transaction([incr(moved), bump([moved])]), [5, 6]);
			assert.deepEqual(await port.transaction([incr(stays), bump([stays])]), [5, 6]);
			await cluster.finishMigration(slot, to);
			assert.equal(await port.command(incr(moved)), 7);
			assert.deepEqual(await port.transaction([incr(stays), bump([moved])]), [7, 8]);
			assert.deepEqual(await port.batch([get(fresh), bump([stays])]), ["1", 8]);
			await until(
				"the port knows",
				5000,
				async () => port.topology.masterOf(slot) === `${to.host}:${to.port}`,
			);
			await cluster.moveSlot(slot, from);
		},
		60_000,
	),
	check(
		"several keys of which only some have moved wait until they are together",
		CLUSTER,
		async (scene) => {
			const port = await scene.open();
			const cluster = scene.cluster();
			const keys = ["a", "b"].map((name) => scene.key(name));
			const [first = ""] = keys;
			const slot = slotOf(first);
			const [from, to] = await homes(cluster, slot);
			await port.command(mset(keys.map((key) => [key, key] as const)));
			await cluster.beginMigration(slot, to, [first]);
			const waiting = [
				port.command(mget(keys)),
				port.batch([mget(keys)]).then(([result]) => result),
				port.transaction([mget(keys)]).then(([result]) => result),
			];
			const early = port.command(mget(keys), { timeoutMs: 60 });
			await failure(early, { code: "RK_TIMEOUT" });
			await cluster.finishMigration(slot, to);
			for (const result of await Promise.all(waiting)) assert.deepEqual(result, keys);
			await cluster.moveSlot(slot, from);
		},
		60_000,
	),
	check(
		"under load a reshard runs nothing twice and refuses nothing",
		CLUSTER,
		async (scene) => {
			const port = await scene.open();
			const cluster = scene.cluster();
			const ledger = new Ledger(port, (name) => scene.key(name.replaceAll(/[{}]/g, "")));
			const slot = slotOf(scene.key(""));
			const [from, to] = await homes(cluster, slot);
			const reshard = async (): Promise<void> => {
				for (let round = 0; round < 2; round++) {
					await cluster.moveSlot(slot, to);
					await cluster.moveSlot(slot, from);
				}
			};
			await under(scene, ledger, reshard());
			const { operations, done } = await ledger.balance(false);
			assert.equal(done, operations, "every one was done, since no connection was lost");
		},
		60_000,
	),
	check("a script that raises TRYAGAIN or MOVED by itself is not run again", CLUSTER, async (scene) => {
		const port = await scene.open();
		const key = scene.key("k");
		for (const [i, message] of [
			"TRYAGAIN of its own",
			"MOVED of its own",
			"CLUSTERDOWN of its own",
		].entries()) {
			const source = "redis.call('INCR', KEYS[1]) return redis.error_reply(ARGV[1])";
			const [code = ""] = message.split(" ");
			await failure(port.command(raw(["EVAL", source, "1", key, message])), { code, outcome: "refused" });
			assert.equal(await scene.value(key), `${i + 1}`);
		}
	}),
	check(
		"slots that moved while nobody looked are found again",
		CLUSTER,
		async (scene) => {
			const port = await scene.open();
			const cluster = scene.cluster();
			const key = scene.key("k");
			await port.command(set(key, "v"));
			const slot = slotOf(key);
			const [from, to] = await homes(cluster, slot);
			const topology = new Promise<void>((resolve) => {
				port.on("topology", () => resolve());
			});
			await cluster.moveSlot(slot, to);
			for (const proxy of scene.proxies) proxy.forget();
			const results = await Promise.all(Array.from({ length: 50 }, () => port.command(get(key))));
			assert.deepEqual(
				results,
				results.map(() => "v"),
			);
			await topology;
			for (const proxy of scene.proxies) proxy.forget();
			assert.equal(await port.command(get(key)), "v");
			assert.equal(scene.count("GET"), 1, "straight to the right node");
			await cluster.moveSlot(slot, from);
		},
		60_000,
	),
	check(
		"when a master is killed under load, its replica takes over; nothing runs twice or hangs",
		CLUSTER,
		async (scene) => {
			const port = await scene.open();
			const cluster = scene.cluster();
			const ledger = new Ledger(port, (name) => scene.spread(name));
			const victim = await cluster.ownerOf(slotOf(scene.key("k")));
			const failover = async (): Promise<void> => {
				await quiet(200);
				await victim.kill();
				await cluster.failover(victim);
				await until(
					"the port goes on",
					20_000,
					async () => (await port.command(set(scene.key("k"), "v"), { timeoutMs: 1000 })) === true,
				);
			};
			await under(scene, ledger, failover());
			const { operations, done, unknown, notSent, lost } = await ledger.balance(true);
			scene.print(
				`cluster failover by SIGKILL: ${operations} operations, ${done} done, ${unknown} unknown, ${notSent} not sent, ${lost} acknowledged and lost`,
			);
		},
		90_000,
	),
	check(
		"a failover on request runs nothing twice, and the old master comes back as a replica",
		CLUSTER,
		async (scene) => {
			const port = await scene.open();
			const cluster = scene.cluster();
			const ledger = new Ledger(port, (name) => scene.spread(name));
			const slot = slotOf(scene.key("k"));
			await under(scene, ledger, cluster.failover(slot));
			const { operations, done, unknown, lost } = await ledger.balance(true);
			scene.print(
				`cluster failover on request: ${operations} operations, ${done} done, ${unknown} unknown, ${lost} acknowledged and lost`,
			);
			assert.equal(await port.command(set(scene.key("k"), "v")), true);
		},
		90_000,
	),
	check("by default every command goes to a master", CLUSTER, async (scene) => {
		const port = await scene.open();
		const key = scene.key("k");
		await inSync(scene, port, key);
		for (let i = 0; i < 30; i++) await port.command(get(key));
		const server = await scene.serverOf(key);
		assert.equal(server.proxy?.count("GET"), 30);
		assert.equal(scene.count("GET"), 30);
	}),
	check(
		"with readFrom replica only what reads goes to replicas; writes, scripts and transactions to the master",
		CLUSTER,
		async (scene) => {
			const port = await scene.open({ readFrom: "replica" });
			const key = scene.key("k");
			await inSync(scene, port, key);
			const server = await scene.serverOf(key);
			await until("a replica serves", 10_000, async () => {
				for (const proxy of scene.proxies) proxy.forget();
				assert.equal(await port.command(get(key)), "v");
				return server.proxy?.count("GET") === 0;
			});
			for (const proxy of scene.proxies) proxy.forget();
			for (let i = 0; i < 20; i++) assert.equal(await port.command(get(key)), "v");
			assert.equal(server.proxy?.count("GET"), 0);
			assert.equal(scene.count("GET"), 20, "none was redirected");
			assert.equal(await port.command(raw(["GET", key])), "v");
			assert.equal(server.proxy?.count("GET"), 1, "raw() is no read unless it says so");
			await port.command(incr(scene.key("n")));
			assert.equal(server.proxy?.count("INCR"), 1);
			assert.deepEqual(await port.transaction([get(key)]), ["v"]);
			assert.equal(server.proxy?.count("MULTI"), 1);
			assert.deepEqual(await port.batch([set(key, "w"), set(key, "x")]), [true, true]);
		},
	),
	check("with readFrom any both serve reads", CLUSTER, async (scene) => {
		const port = await scene.open({ readFrom: "any" });
		const key = scene.key("k");
		await inSync(scene, port, key);
		await until("both served", 10_000, async () => {
			assert.equal(await port.command(get(key)), "v");
			return gets(scene).filter((count) => count > 0).length === 2;
		});
	}),
	check("with readFrom nearest the node that answers faster serves reads", CLUSTER, async (scene) => {
		const key = scene.key("k");
		const server = await scene.serverOf(key);
		server.proxy?.delay(60);
		const port = await scene.open({ readFrom: "nearest" });
		await inSync(scene, port, key);
		await until("the replica serves", 15_000, async () => {
			const before = server.proxy?.count("GET");
			for (let i = 0; i < 5; i++) assert.equal(await port.command(get(key)), "v");
			return server.proxy?.count("GET") === before;
		});
		await port.command(incr(scene.key("n")));
		assert.equal(server.proxy?.count("INCR"), 1, "writes go to the master, however slow");
	}),
	check(
		"when its replica is gone, the master serves reads",
		CLUSTER,
		async (scene) => {
			const port = await scene.open({ readFrom: "replica" });
			const cluster = scene.cluster();
			const key = scene.key("k");
			await inSync(scene, port, key);
			const [replica] = await cluster.replicasOf(await cluster.ownerOf(slotOf(key)));
			assert.ok(replica);
			await replica.kill();
			await until(
				"it is read",
				15_000,
				async () => (await port.command(get(key), { timeoutMs: 3000 }).catch(() => null)) === "v",
			);
			for (let i = 0; i < 5; i++) assert.equal(await port.command(get(key), { timeoutMs: 5000 }), "v");
		},
		60_000,
	),
];
