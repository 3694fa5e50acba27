import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { ConnectError, InvalidArgumentError, raw } from "@rk/client";
import {
	startCluster,
	startSentinel,
	startServer,
	type TestCluster,
	type TestSentinel,
	type TestServer,
} from "@rk/testing";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { connect, connectCluster, connectSentinel } from "../src/index.ts";

let server: TestServer;
let cluster: TestCluster;
let sentinel: TestSentinel;
/** Accepts, and stays silent. */
let silent: Server;
const callers = new Set<Socket>();
let silentPort = 0;

beforeAll(async () => {
	silent = createServer((socket) => {
		callers.add(socket);
		socket.on("error", () => {});
		socket.on("data", () => {});
		socket.on("close", () => callers.delete(socket));
	});
	await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
	const address: AddressInfo | string | null = silent.address();
	if (typeof address === "object" && address !== null) silentPort = address.port;
	server = await startServer({ owned: true, password: "secret" });
	cluster = await startCluster({ masters: 3, replicas: 1 });
	sentinel = await startSentinel({ replicas: 1, sentinels: 3 });
});
afterAll(async () => {
	silent.close();
	await Promise.all([server.stop(), cluster.stop(), sentinel.stop()]);
});

const failure = async (connecting: Promise<unknown>): Promise<string> => {
	const error = await connecting.then(
		() => undefined,
		(reason: unknown) => reason,
	);
	if (!(error instanceof ConnectError)) throw new Error("it is no ConnectError", { cause: error });
	return error.reason;
};

describe("one server", () => {
	test("is connected to by its address, or its URL", async () => {
		const { host, port, password = "" } = server;
		for (const options of [{ host, port, password, db: 2 }, { url: `${server.url}/2` }]) {
			const redis = await connect({ ...options, clientName: "app" });
			const info = String(await redis.command(raw(["CLIENT", "INFO"])));
			expect(info).toContain("db=2");
			expect(info).toContain("name=app");
			await redis.close();
		}
	});

	test("that cannot be used is told why, in time", async () => {
		const { host, port } = server;
		expect(await failure(connect({ host, port, password: "wrong", connectTimeoutMs: 5000 }))).toBe("auth");
		expect(await failure(connect({ host, port: 1, connectTimeoutMs: 3000 }))).toBe("refused");
		expect(await failure(connect({ port: silentPort, connectTimeoutMs: 200 }))).toBe("timeout");
		await vi.waitUntil(() => callers.size === 0);
	});

	// Breaks where `established` is true from the start: the library tries on, and the test does not end in its time.
	test("that refuses the database is not tried again", async () => {
		const { host, port, password = "" } = server;
		const connecting = connect({ host, port, password, db: 99, connectTimeoutMs: 60_000 });
		await expect(connecting).rejects.toThrow("DB index is out of range");
	});

	test("that speaks TLS must have a certificate that is trusted", async () => {
		await using secure = await startServer({ owned: true, tls: true });
		const { host, port, ca } = secure;
		expect(await failure(connect({ host, port, tls: true, connectTimeoutMs: 5000 }))).toBe("tls");
		if (ca === undefined) throw new Error("no certificate");
		const redis = await connect({ host, port, tls: { ca } });
		expect(await redis.command(raw(["PING"]))).toBe("PONG");
		await redis.session(undefined, (session) => session.command(raw(["PING"])));
		await redis.close();
	});

	test("is not asked for when an option is wrong", async () => {
		await expect(connect({ port: -1 })).rejects.toBeInstanceOf(InvalidArgumentError);
		await expect(connect({ url: "http://localhost" })).rejects.toBeInstanceOf(InvalidArgumentError);
	});
});

describe("a cluster", () => {
	test("is found by one node that answers among some that do not", async () => {
		const [first] = cluster.nodes;
		if (first === undefined) throw new Error("no node");
		const nodes = [`127.0.0.1:1`, { host: first.host, port: first.port }];
		const redis = await connectCluster({ nodes });
		expect(redis.topology.masters()).toHaveLength(3);
		await redis.close();
	});

	test("reads from replicas when asked to", async () => {
		const redis = await connectCluster({
			nodes: cluster.nodes.map(({ host, port }) => ({ host, port })),
			readFrom: "replica",
		});
		expect(await redis.command(raw(["EXISTS", "k"], { readOnly: true }))).toBe(0);
		await redis.close();
	});

	test("that is none, or does not answer, is told why, in time", async () => {
		const { host, port, password = "" } = server;
		expect(await failure(connectCluster({ nodes: [{ host, port }], password, connectTimeoutMs: 5000 }))).toBe(
			"not-a-cluster",
		);
		expect(await failure(connectCluster({ nodes: ["127.0.0.1:1"], connectTimeoutMs: 3000 }))).toBe("refused");
		expect(await failure(connectCluster({ nodes: [`127.0.0.1:${silentPort}`], connectTimeoutMs: 300 }))).toBe(
			"timeout",
		);
		await vi.waitUntil(() => callers.size === 0, { timeout: 15_000 });
	});
});

describe("a master named by sentinels", () => {
	const sentinels = () => sentinel.sentinels.map(({ host, port }) => ({ host, port }));

	test("is connected to", async () => {
		const redis = await connectSentinel({ name: sentinel.name, sentinels: sentinels() });
		expect(await redis.command(raw(["ROLE"]))).toContain("master");
		expect(redis.topology.masters()).toHaveLength(1);
		await redis.close();
	});

	// Breaks without noSentinels(): the library asks on, and the test does not end in its time.
	test("is not waited for where no server is a sentinel", async () => {
		const { host, port, password = "" } = server;
		const other = { host, port };
		const wanted = { name: "main", sentinelPassword: password, connectTimeoutMs: 60_000 };
		await expect(connectSentinel({ ...wanted, sentinels: [other, other] })).rejects.toMatchObject({
			reason: "not-a-sentinel",
			message: /use connect\(\)/,
		});
		// One that is none beside others that are does no harm.
		const [node] = cluster.nodes;
		if (node === undefined) throw new Error("no node");
		const mixed = [{ host: node.host, port: node.port }, ...sentinels()];
		const redis = await connectSentinel({ name: sentinel.name, sentinels: mixed });
		expect(await redis.command(raw(["ROLE"]))).toContain("master");
		await redis.close();
	});

	test("that cannot be had is told why, in time", async () => {
		const { name } = sentinel;
		const connectTimeoutMs = 2500;
		expect(await failure(connectSentinel({ name: "other", sentinels: sentinels(), connectTimeoutMs }))).toBe(
			"no-master",
		);
		expect(await failure(connectSentinel({ name, sentinels: ["127.0.0.1:1"], connectTimeoutMs }))).toBe(
			"refused",
		);
		expect(
			await failure(
				connectSentinel({
					name,
					sentinels: sentinels(),
					sentinelUsername: "nobody",
					sentinelPassword: "wrong",
					connectTimeoutMs,
				}),
			),
		).toBe("auth");
		const wrong = { name, sentinels: sentinels(), username: "nobody", password: "wrong", connectTimeoutMs };
		expect(await failure(connectSentinel(wrong))).toBe("auth");
		const nobody = { name, sentinels: [`127.0.0.1:${silentPort}`], connectTimeoutMs: 300 };
		expect(await failure(connectSentinel(nobody))).toBe("timeout");
		await vi.waitUntil(() => callers.size === 0, { timeout: 15_000 });
	});
});
