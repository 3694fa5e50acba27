import { dbsize, defineScript, get, integer, ping, type RedisPort, rpush, set, slotOf } from "@rk/client";
import { type ClusterNode, startCluster, type TestCluster } from "@rk/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ioredisPort } from "../src/index.ts";
import type { NativeCluster } from "../src/native.ts";
import { libraries } from "./clients.ts";
import { next, until } from "./links.ts";

// What the port itself must do in a cluster, whichever client it is over: one will do here.
const library = libraries[0] ?? expect.fail("there is no library");

let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startCluster({ masters: 3, replicas: 1 });
});
afterAll(() => cluster.stop());

function open(options: Record<string, unknown> = {}): { port: RedisPort; client: NativeCluster } {
	const client = library.cluster(
		cluster.nodes.map(({ host, port }) => ({ host, port })),
		options,
	);
	client.on("error", () => {});
	const port = ioredisPort(client);
	onTestFinished(async () => {
		await port.close({ graceMs: 0 });
		client.disconnect();
	});
	return { port, client };
}

// Red (any order) when each redirected command waits for itself, and when the source of a script that was turned away counts as
// known (the scripts come last).
test("a batch keeps its order while its slot is not served", async () => {
	const { port } = open();
	await port.command(get("list"));
	const slot = slotOf("list");
	const owner = await cluster.ownerOf(slot);
	await owner.command("CLUSTER", "DELSLOTS", slot);
	const values = Array.from({ length: 50 }, (_, i) => String(i));
	const push = defineScript({ lua: "return redis.call('RPUSH', KEYS[1], ARGV[1])", keys: 1, reply: integer });
	const commands = values.map((value, i) => (i % 2 === 0 ? push(["list"], [value]) : rpush("list", [value])));
	const batch = port.batch(commands, { timeoutMs: 20_000 });
	const turnedAway = async (): Promise<boolean> =>
		/errorstat_CLUSTERDOWN/.test(`${await owner.command("INFO", "errorstats")}`);
	await until(turnedAway);
	await owner.command("CLUSTER", "ADDSLOTS", slot);
	expect((await batch).filter((result) => result instanceof Error)).toEqual([]);
	expect(await owner.command("LRANGE", "list", 0, -1)).toEqual(values);
	await cluster.settled();
});

// Red ("lent", on a connection that nothing ever ends) when close() forgets the pools of former masters.
test("close() ends a session on a node that is no master any more", async () => {
	const { port } = open();
	const slot = slotOf("k");
	await port.command(get("k"));
	const before = port.topology.masterOf(slot);
	const [entered, gate] = [next(), next()];
	const held = port.session("k", async (session) => {
		await session.command(ping());
		entered.call();
		await gate.promise;
		return session.command(ping()).then(
			() => "lent",
			(error: { code: string; outcome: string }) => `${error.code} ${error.outcome}`,
		);
	});
	await entered.promise;
	await cluster.failover(slot);
	await until(async () => {
		await port.command(set("k", "v"));
		return port.topology.masterOf(slot) !== before;
	});
	await port.session("k", (session) => session.command(get("k")));
	await port.close({ graceMs: 0 });
	gate.call();
	expect(await held).toBe("RK_CONNECTION not-sent");
});

// Red when close() asks for the masters as everybody else does: then the client begins to connect.
test("close() does not connect a client that the application has not connected", async () => {
	const { port, client } = open({ lazyConnect: true });
	await port.close();
	expect(client.status).toBe("wait");
});

// Red (nothing, as if the cluster were empty) when no master known counts as no master.
test("all masters are asked, though the client is not connected yet", async () => {
	expect([...(await open({ lazyConnect: true }).port.everyMaster(dbsize())).values()]).toHaveLength(3);
	await open().port.command(set("there", "v"));
	const found: string[] = [];
	for await (const page of open({ lazyConnect: true }).port.scan({ match: "there" })) found.push(...page);
	expect(found).toEqual(["there"]);
});

// Red (resolves at once, and hears nothing) in the same way.
test("tracking begun before the client is connected resolves when every master tracks", async () => {
	const { port } = open({ lazyConnect: true });
	const keys: string[] = [];
	const onInvalidate = (told: readonly Buffer[] | null): void => void keys.push(...(told ?? []).map(String));
	await port.trackPrefixes({ prefixes: ["t:"], onInvalidate, onGap: () => {}, timeoutMs: 10_000 });
	const wanted = Array.from({ length: 24 }, (_, i) => `t:${i}`);
	for (const key of wanted) await (await cluster.ownerOf(slotOf(key))).command("SET", key, "v");
	await until(() => keys.length === wanted.length);
});

// Red (it never resolves) when a node that is no master any more is waited for all the same.
test("tracking that began while a master was gone resolves when another has its place", async () => {
	const { port } = open();
	await port.command(get("k"));
	const owner = await cluster.ownerOf(slotOf("k"));
	await owner.kill();
	onTestFinished(async () => {
		await owner.restart();
		await cluster.settled();
	});
	const tracking = port.trackPrefixes({ prefixes: ["p:"], onInvalidate: () => {}, onGap: () => {} });
	await port.command(get("k"), { timeoutMs: 20_000 });
	await tracking;
	const trackers = async (node: ClusterNode): Promise<boolean> =>
		/ flags=[^ ]*B/.test(`${await node.command("CLIENT", "LIST")}`);
	for (const master of await cluster.masters()) expect(await trackers(master)).toBe(true);
});
