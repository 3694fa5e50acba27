import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { get, type RedisPort } from "@rk/client";
import type { TestServer } from "../server.ts";
import { startSentinel } from "../start-sentinel.ts";
import { startServer } from "../start-server.ts";
import { check, type Definition } from "./check.ts";
import { failure } from "./expect.ts";
import type { Scene } from "./scene.ts";
import type { ConformanceSubject, TopologyKind } from "./subject.ts";

/** Rejects with this reason, in about the time given, and leaves no connection behind. */
async function cannot(attempt: () => Promise<RedisPort>, reason: string, withinMs: number): Promise<Error> {
	const began = performance.now();
	const error = await failure(attempt(), { code: "RK_CONNECT" });
	assert.equal(Reflect.get(error, "reason"), reason, error.message);
	assert.ok(performance.now() - began < withinMs, `it took ${Math.round(performance.now() - began)} ms`);
	return error;
}

async function refuses(attempt: () => Promise<RedisPort>, argument: string): Promise<void> {
	const error = await failure(Promise.resolve().then(attempt), { code: "RK_INVALID_ARGUMENT" });
	assert.equal(Reflect.get(error, "argument"), argument);
}

/** Accepts, and says nothing. */
async function silentServer(): Promise<{ port: number; connections: Set<Socket>; server: Server }> {
	const connections = new Set<Socket>();
	const server = createServer((socket) => {
		connections.add(socket);
		socket.on("error", () => {});
		socket.resume();
		socket.on("close", () => connections.delete(socket));
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	assert.ok(typeof address === "object" && address !== null);
	return { port: address.port, connections, server };
}

async function withSilence(work: (port: number) => Promise<void>): Promise<void> {
	const { port, connections, server } = await silentServer();
	try {
		await work(port);
		for (let waited = 0; connections.size > 0 && waited < 100; waited++)
			await new Promise((resolve) => setTimeout(resolve, 20));
		assert.equal(connections.size, 0, "a connection was left open");
	} finally {
		for (const socket of connections) socket.destroy();
		server.close();
	}
}

async function withServer(
	options: Parameters<typeof startServer>[0],
	work: (server: TestServer) => Promise<void>,
): Promise<void> {
	await using server = await startServer({ ...options, owned: true });
	await work(server);
}

function addresses({ target }: Scene): Array<{ host: string; port: number }> {
	return target.nodes.map(({ host, port }) => ({ host, port }));
}

/** What this process warns of while a port is made: code and message. */
async function warningsOf(connect: () => Promise<RedisPort>): Promise<string[]> {
	const warnings: string[] = [];
	const note = (warning: Error): void => {
		const code: unknown = Reflect.get(warning, "code");
		if (warning.name === "RkWarning") warnings.push(`${code} ${warning.message}`);
	};
	process.on("warning", note);
	try {
		const redis = await connect();
		await redis.command(get("k")); // warnings come a tick later
		await redis.close();
	} finally {
		process.off("warning", note);
	}
	return warnings;
}

/** A port of 127.0.0.1 where nobody listens. */
async function deadPort(): Promise<number> {
	const { port, server } = await silentServer();
	server.close();
	await once(server, "close");
	return port;
}

type Verb = "connect" | "connectCluster" | "connectSentinel";

const LIMIT_MS = 8000;

/** One check where the subject has the verb. */
function checkOf<V extends Verb>(
	subject: ConformanceSubject,
	verb: V,
	name: string,
	on: TopologyKind,
	run: (scene: Scene, connect: NonNullable<ConformanceSubject[V]>) => Promise<void>,
): Definition[] {
	const connect = subject[verb];
	return connect === undefined ? [] : [check(name, [on], (scene) => run(scene, connect))];
}

/** What `connect`, `connectCluster` and `connectSentinel` give, and refuse. */
export function connectChecks(subject: ConformanceSubject): readonly Definition[] {
	return [
		...checkOf(
			subject,
			"connect",
			"connect() gives a port that has answered, and owns its client",
			"standalone",
			async (scene, connect) => {
				const [{ host, port } = { host: "", port: 0 }] = scene.target.nodes;
				const before = scene.proxies[0]?.connections ?? 0;
				for (const options of [
					{ host, port },
					{ url: `redis://${host}:${port}/0` },
					{ host, port, clientName: "conformance", db: 1 },
				]) {
					const redis = await connect(options);
					assert.equal(await redis.command(get(scene.key("k"))), null);
					await redis.close();
					assert.equal((await redis.health(50)).ok, false);
				}
				for (let waited = 0; scene.proxies[0]?.connections !== before && waited < 100; waited++)
					await new Promise((resolve) => setTimeout(resolve, 20));
				assert.equal(scene.proxies[0]?.connections, before, "a connection was left open");
			},
		),
		...checkOf(
			subject,
			"connect",
			"connect() to a port where nobody listens is refused",
			"standalone",
			async (_, connect) => {
				const port = await deadPort();
				const error = await cannot(() => connect({ port, connectTimeoutMs: 4000 }), "refused", LIMIT_MS);
				assert.match(error.message, new RegExp(`127.0.0.1:${port}`));
			},
		),
		...checkOf(
			subject,
			"connect",
			"connect() to a server that stays silent ends in time",
			"standalone",
			(_, connect) =>
				withSilence(async (port) => {
					await cannot(() => connect({ port, connectTimeoutMs: 200 }), "timeout", 3000);
				}),
		),
		...checkOf(
			subject,
			"connect",
			"connect() with a wrong password, or none, says that the login was refused",
			"standalone",
			(_, connect) =>
				withServer({ password: "right" }, async ({ port }) => {
					const error = await cannot(() => connect({ port, password: "wrong-secret" }), "auth", LIMIT_MS);
					assert.doesNotMatch(error.message, /wrong-secret/);
					await cannot(() => connect({ port }), "auth", LIMIT_MS);
					await cannot(() => connect({ port, username: "nobody", password: "right" }), "auth", LIMIT_MS);
					const redis = await connect({ port, password: "right" });
					await redis.close();
				}),
		),
		// Broken on purpose: establish() without warnOfUnusedPassword(). Nothing told of the password.
		...checkOf(
			subject,
			"connect",
			"a password that the server does not ask for is told in a warning, one that it asks for is not",
			"standalone",
			async (scene, connect) => {
				const [{ host, port } = { host: "", port: 0 }] = scene.target.nodes;
				assert.deepEqual(await warningsOf(() => connect({ host, port })), []);
				const [warning = "", ...others] = await warningsOf(() => connect({ host, port, password: "secret" }));
				assert.deepEqual(others, []);
				assert.match(warning, new RegExp(`^RK_UNUSED_PASSWORD ${host}:${port} asks for no password`));
				assert.doesNotMatch(warning, /secret/);
				await withServer({ password: "right" }, async (server) => {
					assert.deepEqual(await warningsOf(() => connect({ port: server.port, password: "right" })), []);
				});
			},
		),
		...checkOf(
			subject,
			"connectCluster",
			"a password that the cluster does not ask for is told in a warning",
			"cluster",
			async (scene, connect) => {
				const [warning = ""] = await warningsOf(() =>
					connect({ nodes: addresses(scene), username: "default", password: "secret" }),
				);
				assert.match(warning, /^RK_UNUSED_PASSWORD /);
			},
		),
		...checkOf(
			subject,
			"connectSentinel",
			"a password that the master does not ask for is told in a warning",
			"sentinel",
			async (scene, connect) => {
				const { name } = scene.target;
				const [warning = ""] = await warningsOf(() =>
					connect({ name, sentinels: addresses(scene), password: "secret" }),
				);
				assert.match(warning, /^RK_UNUSED_PASSWORD /);
			},
		),
		// Broken on purpose: establish() without warnOfUnusedSentinelPassword(). Nothing told of the password.
		...checkOf(
			subject,
			"connectSentinel",
			"a password that the Sentinels do not ask for is told in a warning, one that they ask for is not",
			"sentinel",
			async (scene, connect) => {
				const { name } = scene.target;
				const [sentinel = { host: "", port: 0 }] = addresses(scene);
				const sentinels = [{ port: await deadPort() }, sentinel];
				const [warning = "", ...others] = await warningsOf(() =>
					connect({ name, sentinels, sentinelPassword: "secret" }),
				);
				assert.deepEqual(others, []);
				const where = `the Sentinel ${sentinel.host}:${sentinel.port}`;
				assert.match(warning, new RegExp(`^RK_UNUSED_PASSWORD ${where} asks for no password`));
				assert.doesNotMatch(warning, /secret/);
				await using guarded = await startSentinel({ replicas: 0, sentinels: 1, sentinelPassword: "right" });
				const { host, port } = guarded.sentinels[0] ?? { host: "", port: 0 };
				const login = { name: guarded.name, sentinels: [{ host, port }], sentinelPassword: "right" };
				assert.deepEqual(await warningsOf(() => connect(login)), []);
			},
		),
		...checkOf(
			subject,
			"connect",
			"connect() by TLS trusts what it is told to, and says what it does not trust",
			"standalone",
			(_, connect) =>
				withServer({ tls: true }, async ({ port, ca = "" }) => {
					const redis = await connect({ port, tls: { ca } });
					assert.equal(await redis.command(get("k")), null);
					await redis.session("k", (session) => session.command(get("k")));
					await redis.close();
					await cannot(() => connect({ port, tls: true, connectTimeoutMs: 3000 }), "tls", LIMIT_MS);
				}),
		),
		...checkOf(
			subject,
			"connect",
			"connect() by TLS to a server without it, and the reverse, ends in time",
			"standalone",
			async (scene, connect) => {
				const [{ port } = { port: 0 }] = scene.target.nodes;
				const began = performance.now();
				await failure(connect({ port, tls: true, connectTimeoutMs: 1000 }), { code: "RK_CONNECT" });
				await withServer({ tls: true }, async (server) => {
					await failure(connect({ port: server.port, connectTimeoutMs: 1000 }), { code: "RK_CONNECT" });
				});
				assert.ok(performance.now() - began < LIMIT_MS);
			},
		),
		...checkOf(
			subject,
			"connect",
			"connect() refuses what it does not know and what cannot be",
			"standalone",
			async (_, connect) => {
				const unknown: object = { hots: "localhost" };
				await refuses(() => connect(unknown), "hots");
				await refuses(() => connect({ port: 0 }), "port");
				await refuses(() => connect({ db: -1 }), "db");
				await refuses(() => connect({ url: "http://localhost" }), "url");
				await refuses(() => connect({ sessions: { max: -1 } }), "sessions.max");
				await refuses(() => connect({ sessions: { minIdle: -1 } }), "sessions.minIdle");
				await refuses(() => connect({ connectTimeoutMs: 0 }), "connectTimeoutMs");
				await refuses(() => connect({ commandTimeoutMs: -5 }), "commandTimeoutMs");
			},
		),
		...checkOf(
			subject,
			"connectCluster",
			"connectCluster() gives a port to every master, and owns its client",
			"cluster",
			async (scene, connectCluster) => {
				const redis = await connectCluster({
					nodes: addresses(scene),
				});
				assert.equal(redis.topology.kind, "cluster");
				assert.equal(await redis.command(get(scene.key("k"))), null);
				assert.equal((await redis.health(5000)).nodes.length, 3);
				await redis.close();
			},
		),
		...checkOf(
			subject,
			"connectCluster",
			"connectCluster() to a server that is none says so",
			"standalone",
			async (scene, connectCluster) => {
				const nodes = addresses(scene);
				await cannot(() => connectCluster({ nodes, connectTimeoutMs: 4000 }), "not-a-cluster", LIMIT_MS);
			},
		),
		...checkOf(
			subject,
			"connectCluster",
			"connectCluster() where nobody listens, or somebody is silent, ends in time",
			"cluster",
			async (_, connectCluster) => {
				const port = await deadPort();
				await cannot(
					() => connectCluster({ nodes: [{ port }], connectTimeoutMs: 1500 }),
					"refused",
					LIMIT_MS,
				);
				await withSilence(async (silent) => {
					await cannot(
						() => connectCluster({ nodes: [{ port: silent }], connectTimeoutMs: 300 }),
						"timeout",
						4000,
					);
				});
				await refuses(() => connectCluster({ nodes: [] }), "nodes");
			},
		),
		...checkOf(
			subject,
			"connectSentinel",
			"connectSentinel() gives a port to the master, and owns its client",
			"sentinel",
			async (scene, connectSentinel) => {
				const sentinels = addresses(scene);
				const redis = await connectSentinel({ name: scene.target.name, sentinels });
				assert.equal(redis.topology.kind, "sentinel");
				assert.equal(await redis.command(get(scene.key("k"))), null);
				await redis.close();
			},
		),
		...checkOf(
			subject,
			"connectSentinel",
			"connectSentinel() to a master that no Sentinel knows says so",
			"sentinel",
			async (scene, connectSentinel) => {
				const sentinels = addresses(scene);
				await cannot(
					() => connectSentinel({ name: "nobody", sentinels, connectTimeoutMs: 3000 }),
					"no-master",
					LIMIT_MS,
				);
				await refuses(() => connectSentinel({ name: "", sentinels }), "name");
			},
		),
		...checkOf(
			subject,
			"connectSentinel",
			"connectSentinel() where nobody listens, or somebody is silent, ends in time",
			"sentinel",
			async (_, connectSentinel) => {
				const port = await deadPort();
				await cannot(
					() => connectSentinel({ name: "main", sentinels: [{ port }], connectTimeoutMs: 1500 }),
					"refused",
					LIMIT_MS,
				);
				await withSilence(async (silent) => {
					await cannot(
						() => connectSentinel({ name: "main", sentinels: [{ port: silent }], connectTimeoutMs: 300 }),
						"timeout",
						4000,
					);
				});
			},
		),
	];
}
