import { createServer } from "node:net";
import { raw } from "@rk/client";
import {
	startCluster,
	startSentinel,
	startServer,
	type TestCluster,
	type TestSentinel,
	type TestServer,
} from "@rk/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { connect, connectCluster, connectSentinel } from "../src/connect.ts";
import { loadLibrary } from "../src/library.ts";

const nowhere = { host: "127.0.0.1", port: 1 };

async function silentServer(): Promise<{ host: string; port: number }> {
	const server = createServer(() => {}).listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	onTestFinished(() => {
		server.close();
	});
	const address = server.address();
	if (address === null || typeof address === "string") return expect.fail("not listening");
	return { host: "127.0.0.1", port: address.port };
}

describe("connect", () => {
	let server: TestServer;
	beforeAll(async () => {
		server = await startServer({ password: "secret", owned: true });
	});
	afterAll(() => server.stop());

	test("gives a port that owns its client", async () => {
		const port = await connect({ url: server.url, clientName: "me" });
		expect(await port.command(raw(["CLIENT", "GETNAME"]))).toBe("me");
		await port.close();
		expect(port.native).toMatchObject({ status: "end" });
	});

	test("a wrong password, a missing one, and a database that is not there are told apart", async () => {
		const { host, port } = server;
		await expect(connect({ host, port, password: "wrong" })).rejects.toMatchObject({
			reason: "auth",
			node: `${host}:${port}`,
		});
		await expect(connect({ host, port })).rejects.toMatchObject({ reason: "auth" });
		await expect(connect({ url: server.url, db: 999 })).rejects.toMatchObject({
			code: "RK_CONNECT",
			message: /DB index/,
		});
	});

	test("nobody listening, and nobody answering, in bounded time", async () => {
		await expect(connect(nowhere)).rejects.toMatchObject({ reason: "refused" });
		await expect(connect({ ...(await silentServer()), connectTimeoutMs: 100 })).rejects.toMatchObject({
			reason: "timeout",
		});
	});

	test("TLS is used when asked for, and a certificate that nobody vouches for is refused", async () => {
		const secure = await startServer({ tls: true });
		onTestFinished(() => secure.stop());
		const { url, ca = "" } = secure;
		const port = await connect({ url, tls: { ca } });
		expect(await port.command(raw(["PING"]))).toBe("PONG");
		await port.close();
		await expect(connect({ url })).rejects.toMatchObject({ reason: "tls" });
		await expect(connect({ host: secure.host, port: secure.port })).rejects.toMatchObject({
			code: "RK_CONNECT",
		});
	});

	test("a wrong option is refused before anything is sent", async () => {
		await expect(connect(Object({ prot: 1 }))).rejects.toMatchObject({ argument: "prot" });
		await expect(connect({ sessions: { max: -1 } })).rejects.toMatchObject({ argument: "sessions.max" });
	});
});

describe("connectCluster", () => {
	let cluster: TestCluster;
	beforeAll(async () => {
		cluster = await startCluster({ password: "secret" });
	});
	afterAll(() => cluster.stop());
	const nodes = () => cluster.nodes.map(({ host, port }) => ({ host, port }));

	test("gives a port over all the nodes", async () => {
		const port = await connectCluster({ nodes: nodes().slice(0, 1), password: "secret" });
		expect(port.topology.masters()).toHaveLength(3);
		const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
		for (const key of keys) await port.command(raw(["SET", key, key]));
		for (const key of keys) expect(await port.command(raw(["GET", key]))).toBe(key);
		await port.close();
		expect(port.native).toMatchObject({ status: "end" });
	});

	test("a wrong password, a single server, nobody listening and nobody answering are told apart", async () => {
		await using single = await startServer({ owned: true });
		const alone = [{ host: single.host, port: single.port }];
		await expect(connectCluster({ nodes: nodes(), password: "wrong" })).rejects.toMatchObject({
			reason: "auth",
		});
		await expect(connectCluster({ nodes: nodes() })).rejects.toMatchObject({ reason: "auth" });
		await expect(connectCluster({ nodes: alone })).rejects.toMatchObject({ reason: "not-a-cluster" });
		await expect(connectCluster({ nodes: [nowhere] })).rejects.toMatchObject({ reason: "refused" });
		const silent = [await silentServer()];
		await expect(connectCluster({ nodes: silent, connectTimeoutMs: 200 })).rejects.toMatchObject({
			reason: "timeout",
		});
		await expect(connectCluster({ nodes: silent, connectTimeoutMs: 1_500 })).rejects.toMatchObject({
			reason: "timeout",
		});
	});
});

describe("connectSentinel", () => {
	let setup: TestSentinel;
	beforeAll(async () => {
		setup = await startSentinel({ replicas: 1, sentinels: 1, password: "secret", sentinelPassword: "guard" });
	});
	afterAll(() => setup.stop());
	const sentinels = () => setup.sentinels.map(({ host, port }) => ({ host, port }));

	test("gives a port over the master", async () => {
		const options = {
			name: setup.name,
			sentinels: sentinels(),
			password: "secret",
			sentinelPassword: "guard",
		};
		const port = await connectSentinel(options);
		const master = await setup.master();
		expect(port.topology.masters()).toEqual([`${master.host}:${master.port}`]);
		expect(await port.command(raw(["SET", "k", "v"]))).toBe("OK");
		expect(await port.session(undefined, (session) => session.command(raw(["GET", "k"])))).toBe("v");
		await port.close();
		expect(port.native).toMatchObject({ status: "end" });
	});

	test("wrong passwords, an unknown name, nobody listening and nobody answering are told apart", async () => {
		const options = {
			name: setup.name,
			sentinels: sentinels(),
			password: "secret",
			sentinelPassword: "guard",
		};
		await expect(connectSentinel({ ...options, password: "wrong" })).rejects.toMatchObject({
			reason: "auth",
		});
		await expect(connectSentinel({ ...options, sentinelPassword: "wrong" })).rejects.toMatchObject({
			reason: "auth",
		});
		await expect(connectSentinel({ ...options, name: "other" })).rejects.toMatchObject({
			reason: "no-master",
		});
		await expect(connectSentinel({ ...options, sentinels: [nowhere] })).rejects.toMatchObject({
			reason: "refused",
		});
		await using plain = await startServer({ owned: true });
		const other = [{ host: plain.host, port: plain.port }];
		const { sentinelPassword: _, ...open } = options;
		await expect(connectSentinel({ ...open, sentinels: other })).rejects.toMatchObject({
			reason: "not-a-sentinel",
			message: /use connect\(\)/,
		});
		const silent = { ...options, sentinels: [await silentServer()], connectTimeoutMs: 200 };
		await expect(connectSentinel(silent)).rejects.toMatchObject({ reason: "timeout" });
	});
});

test("without a client library installed it says so", async () => {
	const missing = "a-library-that-is-not-installed";
	await expect(loadLibrary("here", [() => import(missing)])).rejects.toMatchObject({
		code: "RK_CONNECT",
		reason: "driver-missing",
		cause: { code: "ERR_MODULE_NOT_FOUND" },
	});
});
