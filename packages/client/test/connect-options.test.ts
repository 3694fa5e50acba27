import { expect, test } from "vitest";
import {
	InvalidArgumentError,
	resolveConnect,
	resolveConnectCluster,
	resolveConnectSentinel,
} from "../src/index.ts";

test("without options it is the local server with the documented defaults", () => {
	expect(resolveConnect()).toEqual({
		where: "127.0.0.1:6379",
		address: { host: "127.0.0.1", port: 6379 },
		db: 0,
		username: undefined,
		password: undefined,
		tls: undefined,
		clientName: undefined,
		connectTimeoutMs: 5000,
		port: { connectTimeoutMs: 5000, commandTimeoutMs: 3000 },
	});
});

test("a URL says it all, with escapes undone", () => {
	expect(resolveConnect({ url: "rediss://us%40er:p%3Ass@[::1]:7000/3" })).toMatchObject({
		address: { host: "::1", port: 7000 },
		db: 3,
		username: "us@er",
		password: "p:ss",
		tls: {},
	});
	expect(resolveConnect({ url: "redis://localhost" })).toMatchObject({
		address: { host: "localhost", port: 6379 },
		db: 0,
	});
});

test("options may complete a URL, not contradict it", () => {
	const tls = { ca: "pem" };
	expect(resolveConnect({ url: "rediss://localhost", tls, db: 2 })).toMatchObject({ tls, db: 2 });
	expect(resolveConnect({ url: "redis://localhost/2", db: 2 })).toMatchObject({ db: 2 });
	expect(() => resolveConnect({ url: "redis://localhost:7000", port: 7001 })).toThrow(/^port is 7001/);
	expect(() => resolveConnect({ url: "rediss://localhost", tls: false })).toThrow(/^tls is false/);
});

test("no deadline is asked for by null", () => {
	expect(resolveConnect({ commandTimeoutMs: null }).port).toEqual({ connectTimeoutMs: 5000 });
});

test("nodes are written as host:port, as a URL, or as an object", () => {
	const nodes = ["a:7000", "redis://b:7001", "[::1]:7002", "c", { host: "d" }, { port: 7005 }];
	expect(resolveConnectCluster({ nodes }).nodes).toEqual([
		{ host: "a", port: 7000 },
		{ host: "b", port: 7001 },
		{ host: "::1", port: 7002 },
		{ host: "c", port: 6379 },
		{ host: "d", port: 6379 },
		{ host: "127.0.0.1", port: 7005 },
	]);
	expect(resolveConnectSentinel({ name: "main", sentinels: ["s"] }).sentinels).toEqual([
		{ host: "s", port: 26379 },
	]);
});

test.each([
	["host", () => resolveConnect({ host: "" })],
	["port", () => resolveConnect({ port: 70_000 })],
	["port", () => resolveConnect({ port: 0 })],
	["db", () => resolveConnect({ db: -1 })],
	["connectTimeoutMs", () => resolveConnect({ connectTimeoutMs: 0 })],
	["commandTimeoutMs", () => resolveConnect({ commandTimeoutMs: 2 ** 31 })],
	["url", () => resolveConnect({ url: "localhost:6379" })],
	["url", () => resolveConnect({ url: "http://localhost" })],
	["url", () => resolveConnect({ url: "redis://localhost/db" })],
	["url", () => resolveConnect({ url: "not a url" })],
	["tls", () => Reflect.apply(resolveConnect, undefined, [{ tls: "yes" }])],
	["password", () => Reflect.apply(resolveConnect, undefined, [{ password: 12345 }])],
	["nodes", () => resolveConnectCluster({ nodes: [] })],
	["nodes", () => Reflect.apply(resolveConnectCluster, undefined, [{ nodes: "a:1" }])],
	["nodes[0]", () => resolveConnectCluster({ nodes: ["a:b:c"] })],
	["nodes[0]", () => Reflect.apply(resolveConnectCluster, undefined, [{ nodes: [7000] }])],
	["nodes[1].port", () => resolveConnectCluster({ nodes: ["a", { port: -1 }] })],
	["name", () => resolveConnectSentinel({ name: "", sentinels: ["a"] })],
	["sentinels", () => resolveConnectSentinel({ name: "main", sentinels: [] })],
])("%s is checked before anything is opened", (argument, resolve) => {
	expect(resolve).toThrow(InvalidArgumentError);
	expect(resolve).toThrow(expect.objectContaining({ argument }));
});

test("an option that nobody reads is refused by name, with those there are", () => {
	const resolve = () => Reflect.apply(resolveConnect, undefined, [{ poolSize: 100 }]);
	expect(resolve).toThrow(/^poolSize is 100, but must be left out: the options are url, host, port, db, /);
});

test("a secret never shows in an error", () => {
	const attempts = [
		() => resolveConnect({ url: "redis://:hunter2@localhost/x" }),
		() => resolveConnect({ url: "http://user:hunter2@localhost" }),
		() => Reflect.apply(resolveConnect, undefined, [{ password: ["hunter2"] }]),
		() => resolveConnect({ url: "redis://:hunter2@localhost", password: "hunter3" }),
	];
	for (const attempt of attempts) {
		expect(attempt).toThrow(InvalidArgumentError);
		expect(attempt).not.toThrow(/hunter/);
	}
});

test("what is connected to has one name over every client", () => {
	expect(resolveConnect({ port: 1 }).where).toBe("127.0.0.1:1");
	expect(resolveConnectCluster({ nodes: ["a:1", { host: "b", port: 2 }] }).where).toBe("a:1, b:2");
	expect(resolveConnectSentinel({ name: "m", sentinels: ["a:1", "b:2"] }).where).toBe(
		"the master m of a:1, b:2",
	);
});
