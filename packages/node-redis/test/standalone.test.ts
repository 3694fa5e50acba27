import { setImmediate as immediate } from "node:timers/promises";
import type { Driver, Link, OwnLink } from "@rk/client";
import { type FaultProxy, startServer, type TestServer } from "@rk/testing";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { nodeRedisDriver } from "../src/driver.ts";
import { Flights } from "../src/flights.ts";
import type { NodeRedisClient } from "../src/native.ts";
import { socketsTo, stateOf } from "./support.ts";

let server: TestServer;
let proxy: FaultProxy;
let client: NodeRedisClient;
let driver: Driver;
let link: Link;
const own: OwnLink[] = [];

beforeAll(async () => {
	server = await startServer({ owned: true, proxied: true });
	if (server.proxy === undefined) throw new Error("no proxy");
	proxy = server.proxy;
});
afterAll(() => server.stop());

beforeEach(async () => {
	await server.command("FLUSHALL");
	client = createClient({ socket: { host: server.host, port: server.port, reconnectStrategy: 20 } });
	use(nodeRedisDriver(client, false));
	await client.connect();
	proxy.forget();
});
afterEach(async () => {
	for (const each of own.splice(0)) each.destroy();
	await proxy.heal();
	await driver.close();
	client.on("error", () => {});
	client.destroy();
});

function use(made: Driver): void {
	driver = made;
	if (made.link === undefined) throw new Error("no link");
	link = made.link;
}

async function open(options: Partial<Parameters<Driver["open"]>[0]> = {}): Promise<OwnLink> {
	const opened = await driver.open({
		node: undefined,
		protocol: "as-configured",
		readOnly: false,
		timeoutMs: 2000,
		...options,
	});
	own.push(opened);
	return opened;
}

describe("replies", () => {
	test.each([2, 3] as const)("have one shape over RESP %i", async (RESP) => {
		const other = createClient({ RESP, socket: { host: server.host, port: server.port } });
		await other.connect();
		const { link: over } = nodeRedisDriver(other, true);
		if (over === undefined) throw new Error("no link");
		await over.send(["HSET", "h", "__proto__", "1", "b", "2"], "utf8");
		expect(await over.send(["HGETALL", "h"], "utf8")).toEqual(["__proto__", "1", "b", "2"]);
		expect(await over.send(["HGETALL", "h"], "buffer")).toEqual(
			["__proto__", "1", "b", "2"].map((s) => Buffer.from(s)),
		);
		await over.send(["ZADD", "z", "1.5", "a", "inf", "b"], "utf8");
		expect(await over.send(["ZSCORE", "z", "a"], "utf8")).toBe("1.5");
		expect(await over.send(["ZSCORE", "z", "b"], "utf8")).toBe("inf");
		expect(await over.send(["ZSCORE", "z", "a"], "buffer")).toEqual(Buffer.from("1.5"));
		expect(await over.send(["PING"], "buffer")).toEqual(Buffer.from("PONG"));
		expect(await over.send(["INCR", "n"], "buffer")).toBe(1);
		other.destroy();
	});

	// Breaks without `timeout: undefined` in the prepared options: the library then makes a timer for each command.
	test("cost no timer of the library's", async () => {
		const timers = vi.spyOn(AbortSignal, "timeout");
		await link.send(["GET", "k"], "utf8");
		await Promise.all(link.sendTogether([["MULTI"], ["EXEC"]], "utf8"));
		expect(timers).not.toHaveBeenCalled();
		timers.mockRestore();
	});
});

describe("at most once", () => {
	test("a command whose reply is lost ran once, and rejects as unknown", async () => {
		const lost = proxy.swallowReply("INCR");
		const error = await link.send(["INCR", "n"], "utf8").catch(driver.fault);
		await lost;
		await stateOf(link, "ready");
		expect(error).toMatchObject({ code: "RK_CONNECTION", outcome: "unknown" });
		expect(await link.send(["GET", "n"], "utf8")).toBe("1");
	});

	// Breaks without ClientLink's #recall: the library keeps the command, and writes it to the next connection.
	test("a command handed over as the connection ends is never written to the next one", async () => {
		const sockets = socketsTo(server.port);
		proxy.cut();
		await stateOf(link, "down");
		await stateOf(link, "ready");
		const sent = link.send(["INCR", "n"], "utf8").catch(driver.fault);
		const users = client.sendCommand(["SET", "theirs", "1"]);
		sockets.latest().destroy(new Error("reset"));
		sockets.stop();
		expect(await sent).toMatchObject({ code: "RK_CONNECTION", outcome: "not-sent" });
		expect(await users).toBe("OK"); // the application's own waits for the next connection, as the library has it
		await link.send(["PING"], "utf8");
		expect(proxy.count("INCR")).toBe(0);
	});

	// Breaks without both the chain and #recall: INCR then runs alone on the next connection.
	test("a transaction cut in half by a lost connection is not continued on the next one", async () => {
		const sockets = socketsTo(server.port);
		proxy.cut();
		await stateOf(link, "down");
		await stateOf(link, "ready");
		const big = Buffer.alloc(8 << 20);
		const replies = link.sendTogether([["MULTI"], ["SET", "big", big], ["INCR", "n"], ["EXEC"]], "utf8");
		const outcomes = Promise.all(replies.map((reply) => reply.catch(driver.fault)));
		await immediate(); // the library has written until the socket was full
		sockets.latest().destroy(new Error("reset"));
		sockets.stop();
		expect((await outcomes)[3]).toMatchObject({ code: "RK_CONNECTION" });
		await stateOf(link, "ready");
		await link.send(["PING"], "utf8");
		expect(proxy.count("INCR") + proxy.count("EXEC")).toBe(0);
	});
});

describe("what is given up when the port closes", () => {
	// Breaks without the signal in the options: nothing rejects.
	test("is all of the port's and nothing of the application's, and every later reply finds its command", async () => {
		await client.sendCommand(["SET", "theirs", "1"]);
		await server.freeze();
		const ours = [
			link.send(["INCR", "n"], "utf8"),
			...link.sendTogether([["MULTI"], ["INCR", "n"], ["EXEC"]], "buffer"),
		];
		const theirs = [client.sendCommand(["INCR", "theirs"])];
		await immediate(); // written
		ours.push(link.send(["SET", "big", Buffer.alloc(8 << 20)], "utf8"));
		await immediate(); // fills the socket
		ours.push(link.send(["INCR", "unwritten"], "utf8"));
		theirs.push(client.sendCommand(["INCR", "theirs"]));
		link.abandon?.();
		for (const reply of ours) {
			expect(await reply.catch(driver.fault)).toMatchObject({ code: "RK_CLOSED", outcome: "unknown" });
		}
		await server.thaw();
		expect(await Promise.all(theirs)).toEqual([2, 3]);
		expect(await link.send(["GET", "n"], "utf8")).toBe("2");
		expect(await link.send(["GET", "unwritten"], "utf8")).toBeNull();
	});

	// Breaks without #forgetSettled (all are kept), and if it keeps the first instead of the last.
	test("is found among many that have their replies, which are not kept", async () => {
		const flights = new Flights(client);
		const signalled = client.withCommandOptions({ timeout: undefined, abortSignal: flights });
		for (let i = 0; i < 50; i++) {
			await Promise.all(Array.from({ length: 100 }, () => signalled.sendCommand(["INCR", "n"])));
		}
		expect(flights.kept).toBeLessThan(2000);
		const pending = [["BLPOP", "q", "0"], ...Array.from({ length: 3000 }, () => ["INCR", "n"])].map((args) =>
			signalled.sendCommand(args).catch(driver.fault),
		);
		await vi.waitUntil(() => proxy.count("BLPOP") === 1);
		flights.abandon();
		expect(flights.kept).toBe(0);
		for (const error of await Promise.all(pending)) {
			expect(error).toMatchObject({ code: "RK_CLOSED", outcome: "unknown" });
		}
	});
});

describe("the state", () => {
	test("is down until the application's client is connected, and connects it when asked", async () => {
		const fresh = createClient({ socket: { host: server.host, port: server.port } });
		const { link: over } = nodeRedisDriver(fresh, false);
		expect(over?.state).toBe("down");
		over?.connect?.();
		if (over !== undefined) await stateOf(over, "ready");
		expect(fresh.isReady).toBe(true);
		fresh.destroy();
		expect(over?.state).toBe("closed");
		over?.connect?.(); // what the application closed stays closed
		expect(fresh.isOpen).toBe(false);
	});

	// Breaks with `isReady` alone: it stays true until the last reply of a client that is being closed.
	test("is closed as soon as the application closes its client", async () => {
		const reply = link.send(["DEBUG", "SLEEP", "0"], "utf8").catch(() => {});
		const closing = client.close();
		expect(link.state).toBe("closed");
		await expect(link.send(["PING"], "utf8").catch(driver.fault)).resolves.toMatchObject({
			code: "RK_CLOSED",
			outcome: "not-sent",
		});
		await Promise.all([reply, closing]);
	});

	test("is closed when the library gave up reconnecting", async () => {
		const fresh = createClient({
			socket: { host: server.host, port: server.port, reconnectStrategy: false },
		});
		const made = nodeRedisDriver(fresh, false);
		if (made.link === undefined) throw new Error("no link");
		const seen: string[] = [];
		made.link.onState((state) => seen.push(state));
		await fresh.connect();
		proxy.cut();
		await stateOf(made.link, "closed");
		expect(seen).toEqual(["ready", "closed"]);
		await made.close();
	});

	test("tells what happened, once for each change", async () => {
		const seen: string[] = [];
		link.onState((state) => seen.push(state));
		proxy.cut();
		await stateOf(link, "down");
		await stateOf(link, "ready");
		client.destroy();
		expect(seen).toEqual(["down", "ready", "closed"]);
	});
});

describe("listeners", () => {
	// Breaks without the error listener: the library then throws inside a socket event, which ends the process.
	test("of the port keep a lost connection from ending the process", async () => {
		const fresh = createClient({ socket: { host: server.host, port: server.port, reconnectStrategy: 20 } });
		const made = nodeRedisDriver(fresh, true);
		await fresh.connect();
		proxy.cut();
		if (made.link === undefined) throw new Error("no link");
		await stateOf(made.link, "down");
		await made.close();
	});

	test("of the port are off the client after it is closed", async () => {
		client.on("error", () => {});
		await driver.close();
		expect(client.eventNames()).toEqual(["error"]);
	});

	// Breaks without the anchor in listen(): what is added later is then never called.
	test("that the application adds after the port is closed are heard", async () => {
		await driver.close();
		const errors: unknown[] = [];
		const heard = new Promise<void>((resolve) => {
			client.on("error", (error) => {
				errors.push(error);
				resolve();
			});
		});
		proxy.cut();
		await heard;
		expect(errors).toHaveLength(1);
	});
});

describe("a connection of its own", () => {
	test("dies with its drop and is not connected again", async () => {
		const opened = await open();
		const reply = opened.send(["BLPOP", "q", "0"], "utf8").catch(driver.fault);
		await vi.waitUntil(() => proxy.count("BLPOP") === 1);
		proxy.cut();
		expect(await reply).toMatchObject({ code: "RK_CONNECTION", outcome: "unknown" });
		expect(opened.state).toBe("closed");
		await stateOf(link, "ready");
		await link.send(["PING"], "utf8");
		expect(proxy.connections).toBe(1);
	});

	// Breaks without the deadline round connect(): the library's own is for TCP alone.
	test("to a server that accepts and stays silent is given up, and leaves nothing open", async () => {
		const before = proxy.connections;
		proxy.blackHole("replies");
		await expect(open({ timeoutMs: 200 })).rejects.toMatchObject({
			code: "RK_CONNECTION",
			outcome: "not-sent",
		});
		await vi.waitUntil(() => proxy.connections === before);
	});

	// Breaks without `connectTimeout`: the library destroys nothing that is still busy with TLS.
	test("to a server that never says a word of TLS is given up, and leaves nothing open", async () => {
		const secure = createClient({ socket: { host: server.host, port: server.port, tls: true } });
		const made = nodeRedisDriver(secure, false);
		const before = proxy.connections;
		proxy.blackHole("requests");
		const options = { node: undefined, protocol: "as-configured", readOnly: false, timeoutMs: 200 } as const;
		await expect(made.open(options)).rejects.toMatchObject({ code: "RK_CONNECTION", outcome: "not-sent" });
		await vi.waitUntil(() => proxy.connections === before, { timeout: 2000 });
		await made.close();
	});

	test("is refused with the server's own words", async () => {
		const wrong = createClient({
			socket: { host: server.host, port: server.port },
			username: "nobody",
			password: "x",
		});
		const made = nodeRedisDriver(wrong, false);
		const options = { node: undefined, protocol: "as-configured", readOnly: false, timeoutMs: 2000 } as const;
		await expect(made.open(options)).rejects.toMatchObject({ code: "WRONGPASS", outcome: "refused" });
		await made.close();
	});

	test("keeps database, user and name, and drops what would keep it from dying", async () => {
		const special = createClient({
			socket: { host: server.host, port: server.port, socketTimeout: 60_000 },
			database: 3,
			name: "app",
			pingInterval: 10,
		});
		const made = nodeRedisDriver(special, false);
		const opened = await made.open({
			node: undefined,
			protocol: "as-configured",
			readOnly: false,
			timeoutMs: 2000,
		});
		const info = String(await opened.send(["CLIENT", "INFO"], "utf8"));
		expect(info).toContain("db=3");
		expect(info).toContain("name=app");
		opened.destroy();
		await made.close();
	});
});

describe("subscriptions", () => {
	test("give payloads as bytes, with the pattern that they came by", async () => {
		const opened = await open();
		const seen: unknown[] = [];
		const all = new Promise<void>((resolve) => {
			opened.onMessage((...message) => seen.push(message) === 3 && resolve());
		});
		await opened.subscribe("channel", ["news"]);
		await opened.subscribe("pattern", ["n*", "ne*"]);
		const payload = Buffer.from([0, 255, 13, 10]);
		await link.send(["PUBLISH", "news", payload], "utf8");
		await all;
		expect(seen).toHaveLength(3);
		const expected = [
			["channel", payload, "news"],
			["pattern", payload, "news", "n*"],
			["pattern", payload, "news", "ne*"],
		];
		expect(seen).toEqual(expect.arrayContaining(expected));
	});

	test("end by name, and leave the others", async () => {
		const opened = await open();
		const seen: string[] = [];
		const b = new Promise<void>((resolve) => {
			opened.onMessage((_kind, _payload, channel) => seen.push(channel) && channel === "b" && resolve());
		});
		await opened.subscribe("channel", ["a", "b"]);
		await opened.subscribe("pattern", ["x*"]);
		await opened.unsubscribe("channel", ["a"]);
		await link.send(["PUBLISH", "a", "1"], "utf8");
		await link.send(["PUBLISH", "b", "1"], "utf8");
		await b;
		expect(seen).toEqual(["b"]);
		await opened.unsubscribe("channel", ["b"]);
		expect(await server.command("PUBSUB", "NUMPAT")).toBe(1);
		expect(await opened.send(["PING"], "utf8")).toBe("PONG");
	});

	test("of which one is refused keep the others", async () => {
		await server.command("ACL", "SETUSER", "few", "on", "nopass", "resetchannels", "&may", "+@all");
		const few = createClient({
			socket: { host: server.host, port: server.port },
			username: "few",
			password: "x",
		});
		const made = nodeRedisDriver(few, false);
		const opened = await made.open({
			node: undefined,
			protocol: "as-configured",
			readOnly: false,
			timeoutMs: 2000,
		});
		await expect(opened.subscribe("channel", ["must-not", "may"])).rejects.toThrow("NOPERM");
		expect(await server.command("PUBSUB", "CHANNELS")).toEqual(["may"]);
		opened.destroy();
		await made.close();
		await server.command("ACL", "DELUSER", "few");
	});

	// Breaks without #hearsNow: the library then reads the same message for ever, and this process does nothing else.
	test("may end their connection by what they hear", async () => {
		const opened = await open();
		const heard: string[] = [];
		opened.onMessage((_kind, payload) => {
			heard.push(String(payload));
			opened.destroy();
		});
		await opened.subscribe("channel", ["a"]);
		await link.send(["PUBLISH", "a", "1"], "utf8");
		await stateOf(opened, "closed");
		await vi.waitUntil(() => proxy.connections === 1);
		expect(heard).toEqual(["1"]);
	});

	// Breaks without #requireReady: the library queues it for a connection that never comes.
	test("on a lost connection are refused at once", async () => {
		const opened = await open();
		proxy.cut();
		await stateOf(opened, "closed");
		for (const refused of [opened.subscribe("channel", ["a"]), opened.unsubscribe("channel", ["a"])])
			expect(await refused.catch(driver.fault)).toMatchObject({ outcome: "not-sent" });
	});

	test("to invalidations come as keys, or null for all of them", async () => {
		const opened = await open({ protocol: "resp2" });
		const seen: unknown[] = [];
		const both = new Promise<void>((resolve) => {
			opened.onMessage((_kind, payload) => seen.push(payload) === 2 && resolve());
		});
		const id = await opened.send(["CLIENT", "ID"], "utf8");
		await opened.send(
			["CLIENT", "TRACKING", "ON", "REDIRECT", String(id), "BCAST", "PREFIX", "user:"],
			"utf8",
		);
		await opened.subscribe("channel", ["__redis__:invalidate"]);
		await link.send(["SET", "user:1", "x"], "utf8");
		await link.send(["FLUSHALL"], "utf8");
		await both;
		expect(seen).toEqual([[Buffer.from("user:1")], null]);
		expect(await opened.send(["PING"], "utf8")).toMatch(/pong/i); // in this protocol a subscriber gets it as a message
	});
});
