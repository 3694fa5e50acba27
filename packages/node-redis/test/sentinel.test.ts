import type { Driver, Link } from "@rk/client";
import { startSentinel, type TestSentinel } from "@rk/testing";
import { createSentinel } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { nodeRedisDriver } from "../src/driver.ts";
import type { NodeRedisSentinel } from "../src/native.ts";
import { stateOf } from "./support.ts";

let servers: TestSentinel;
let native: NodeRedisSentinel;
let driver: Driver;

beforeAll(async () => {
	servers = await startSentinel({ replicas: 1, sentinels: 3, proxied: true });
});
afterAll(() => servers.stop());

function client(options: { maxCommandRediscovers?: number; RESP?: 2 } = {}) {
	return createSentinel({
		name: servers.name,
		sentinelRootNodes: servers.sentinels.map(({ host, port }) => ({ host, port })),
		nodeClientOptions: { socket: { reconnectStrategy: 50 } },
		...options,
	});
}

async function use(made: NodeRedisSentinel): Promise<Link> {
	native = made;
	driver = nodeRedisDriver(native, true);
	await native.connect();
	if (driver.link === undefined) throw new Error("no link");
	await stateOf(driver.link, "ready");
	return driver.link;
}

afterEach(async () => {
	await Promise.all(servers.proxies.map((proxy) => proxy.heal()));
	await driver.close();
	await servers.settled();
});

const addressOf = ({ host, port }: { host: string; port: number }): string => `${host}:${port}`;
const proxyOf = async () => {
	const { proxy } = await servers.master();
	if (proxy === undefined) throw new Error("no proxy");
	return proxy;
};

describe("the master", () => {
	test("is the one that the sentinels name", async () => {
		const link = await use(client());
		expect(link.node).toBe(addressOf(await servers.master()));
		expect(await link.send(["ROLE"], "utf8")).toContain("master");
	});

	// Breaks on the library's own connection (`sentinel.sendCommand`): it sends the command again, and n is 2.
	test.each([16, 0])(
		"that loses a reply has run the command once, with %i rediscoveries",
		async (maxCommandRediscovers) => {
			const link = await use(client({ maxCommandRediscovers }));
			await link.send(["DEL", "n"], "utf8");
			const proxy = await proxyOf();
			const lost = proxy.swallowReply("INCR");
			const error = await link.send(["INCR", "n"], "utf8").catch((e: unknown) => driver.fault(e));
			await lost;
			expect(error).toMatchObject({ code: "RK_CONNECTION", outcome: "unknown" });
			await stateOf(link, "ready");
			expect(await link.send(["GET", "n"], "utf8")).toBe("1");
		},
	);

	// Red (RK_CLOSED, though nobody closed anything) when it is told by the library's message alone.
	test("that is let go of for another gives up what was in flight as a lost connection, not a closed client", async () => {
		const made = client();
		const link = await use(made);
		const proxy = await proxyOf();
		proxy.blackHole("replies");
		const failed = link.send(["GET", "n"], "utf8").catch((e: unknown) => driver.fault(e));
		made.emit("topology-change", { type: "MASTER_CHANGE" });
		expect(await failed).toMatchObject({ code: "RK_CONNECTION", outcome: "unknown" });
	});

	test("whose client is closed gives up what was in flight as closed", async () => {
		const link = await use(client());
		const proxy = await proxyOf();
		proxy.blackHole("replies");
		const failed = link.send(["GET", "n"], "utf8").catch((e: unknown) => driver.fault(e));
		await driver.close();
		expect(await failed).toMatchObject({ code: "RK_CLOSED", outcome: "unknown" });
	});

	// Breaks on the library's own connection: our EXEC takes the WATCH of whoever has the lease, whose EXEC then succeeds.
	test("is used on a connection that the application's leases do not share", async () => {
		const made = client();
		const link = await use(made);
		await link.send(["DEL", "balance"], "utf8");
		const lease = await made.acquire();
		await lease.watch("balance");
		await Promise.all(link.sendTogether([["MULTI"], ["SET", "balance", "ours"], ["EXEC"]], "utf8"));
		await expect(lease.multi().set("balance", "theirs").exec()).rejects.toThrow();
		expect(await link.send(["GET", "balance"], "utf8")).toBe("ours");
		await lease.release();
	});

	test("is connected to when the application has not connected its client", async () => {
		native = client();
		driver = nodeRedisDriver(native, true);
		if (driver.link === undefined) throw new Error("no link");
		expect(driver.link.state).toBe("down");
		driver.link.connect?.();
		await stateOf(driver.link, "ready");
	});

	test("is not looked for when the application closed its client", async () => {
		const link = await use(client());
		const closed = stateOf(link, "closed");
		await native.destroy();
		await closed;
		await expect(
			driver.open({ node: undefined, protocol: "as-configured", readOnly: false, timeoutMs: 100 }),
		).rejects.toMatchObject({ outcome: "not-sent" });
	});
});

// Breaks (one more connection with each attempt) where only the answer that it is none ends the connection.
test("no connection is left to a server that does not say whether it is the master", async () => {
	await using mute = await startSentinel({
		replicas: 0,
		sentinels: 1,
		proxied: true,
		args: ["--rename-command", "HELLO", ""],
	});
	const sentinelRootNodes = mute.sentinels.map(({ host, port }) => ({ host, port }));
	native = createSentinel({ name: mute.name, sentinelRootNodes, RESP: 2 });
	driver = nodeRedisDriver(native, true);
	await native.connect();
	const master = await mute.master();
	await vi.waitUntil(() => (master.proxy?.count("HELLO") ?? 0) > 6, { timeout: 20_000 });
	expect(master.proxy?.connections).toBeLessThan(4); // the library's own, and one more
});

// Broken on purpose: with the library's own error, which says that the client was closed, and not that nothing was sent.
test("a server that is asked in vain whether it is the master is no connection", async () => {
	await use(client({ RESP: 2 })); // its handshake has no HELLO of its own
	const lost = (await proxyOf()).swallowReply("HELLO", { after: "hold" });
	await expect(
		driver.open({ node: undefined, protocol: "as-configured", readOnly: false, timeoutMs: 300 }),
	).rejects.toMatchObject({ code: "RK_CONNECTION", outcome: "not-sent" });
	expect(await lost).toBe(true);
});

describe("a failover", () => {
	test("that is asked for leads to the new master", async () => {
		const link = await use(client());
		const before = link.node;
		const away = stateOf(link, "down");
		const master = await servers.failover();
		await away;
		await stateOf(link, "ready");
		await vi.waitUntil(() => link.node === addressOf(master), { timeout: 20_000 });
		expect(link.node).not.toBe(before);
		await stateOf(link, "ready");
		expect(await link.send(["SET", "k", "1"], "utf8")).toBe("OK");
	});

	test("after the master's death leads to the new master, for sessions too", async () => {
		const link = await use(client());
		const old = await servers.master();
		await old.kill();
		await stateOf(link, "down");
		await stateOf(link, "ready");
		expect(link.node).not.toBe(addressOf(old));
		const own = await driver.open({
			node: undefined,
			protocol: "as-configured",
			readOnly: false,
			timeoutMs: 3000,
		});
		expect(await own.send(["ROLE"], "utf8")).toContain("master");
		own.destroy();
		await old.restart();
	});

	// Breaks without demoted(): nothing else tells, when the connection to the former master stays open.
	test("that only READONLY tells of is noticed, and no replica is used meanwhile", async () => {
		const link = await use(client());
		const master = await servers.master();
		const other = servers.servers.find((server) => server !== master);
		if (other === undefined) throw new Error("no other");
		await master.command("REPLICAOF", other.host, other.port);
		expect(link.state).toBe("ready");
		const error = await link.send(["SET", "k", "1"], "utf8").catch((e: unknown) => driver.fault(e));
		expect(error).toMatchObject({ code: "READONLY" });
		await stateOf(link, "down");
		const options = { node: undefined, protocol: "as-configured", readOnly: false, timeoutMs: 300 } as const;
		await expect(driver.open(options)).rejects.toMatchObject({ outcome: "not-sent" });
		expect(link.state).toBe("down");
		await master.command("REPLICAOF", "NO", "ONE");
		await stateOf(link, "ready");
		expect(await link.send(["SET", "k", "1"], "utf8")).toBe("OK");
	});
});
