import { type FaultProxy, startServer, type TestServer } from "@rk/testing";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ioredisDriver } from "../src/driver.ts";
import type { IoredisOwnLink } from "../src/own-link.ts";
import { libraries } from "./clients.ts";
import { next, outcomeOf, until } from "./links.ts";

let server: TestServer;
let proxy: FaultProxy;

beforeAll(async () => {
	server = await startServer({ proxied: true, owned: true });
	proxy = server.proxy ?? expect.fail("the server has no proxy");
	await server.command("ACL", "SETUSER", "some", "on", ">pw", "+@all", "~*", "resetchannels", "&ok*");
});
afterEach(() => proxy.heal());
afterAll(() => server.stop());

describe.each(libraries)("$name", ({ redis }) => {
	const open = async (options: object = {}, request: object = {}) => {
		const client = redis({ host: server.host, port: server.port, lazyConnect: true, ...options });
		const driver = ioredisDriver(client, false);
		const link = await driver.open({
			node: undefined,
			protocol: "as-configured",
			readOnly: false,
			timeoutMs: 2_000,
			...request,
		});
		onTestFinished(() => link.destroy());
		return link;
	};
	const messagesOf = (link: Pick<IoredisOwnLink, "onMessage">) => {
		const messages: unknown[] = [];
		link.onMessage((...message) => messages.push(message));
		return messages;
	};

	test("a server that accepts and stays silent counts as one that does not connect", async () => {
		proxy.blackHole("replies");
		expect(await outcomeOf(open({}, { timeoutMs: 100 }))).toBe("RK_TIMEOUT not-sent");
		await gone();
	});

	test("a refused connection is not-sent, and says why", async () => {
		await proxy.refuse(true);
		await expect(open()).rejects.toMatchObject({
			code: "RK_CONNECTION",
			outcome: "not-sent",
			cause: { code: "ECONNREFUSED" },
		});
	});

	test("a wrong password is the server's own error, and nothing stays open", async () => {
		await expect(open({ username: "some", password: "wrong" })).rejects.toMatchObject({ code: "WRONGPASS" });
		await gone();
	});

	// Red without the overrides: the library connects again, and EXEC succeeds without its WATCH.
	test("once lost it never comes back, so no WATCH is lost in silence", async () => {
		const link = await open({ retryStrategy: () => 1 });
		await link.send(["WATCH", "k"], "utf8");
		const closed = next();
		link.onState((state) => state === "closed" && closed.call());
		proxy.cut();
		await closed.promise;
		expect(link.state).toBe("closed");
		expect(await outcomeOf(link.send(["PING"], "utf8"))).toBe("RK_CLOSED not-sent");
	});

	// Red when the client's socketTimeout is taken over: it ends the connection after 20 ms of silence.
	test("a blocking command takes as long as it takes", async () => {
		const link = await open({ commandTimeout: 20, blockingTimeout: 20, socketTimeout: 20 });
		proxy.delay(100);
		const popped = link.send(["BLPOP", "list", "5"], "utf8");
		await until(async () => `${await server.command("INFO", "clients")}`.includes("blocked_clients:1"));
		await server.command("RPUSH", "list", "v");
		expect(await popped).toEqual(["list", "v"]);
	});

	test("destroying it ends a blocking command, outcome unknown", async () => {
		const link = await open();
		const popped = outcomeOf(link.send(["BLPOP", "list", "0"], "utf8"));
		await until(async () => `${await server.command("INFO", "clients")}`.includes("blocked_clients:1"));
		link.destroy();
		expect(await popped).toBe("RK_CONNECTION unknown");
		await gone();
	});

	test("channels, patterns and shard channels bring bytes, from the confirmation on", async () => {
		const link = await open();
		const messages = messagesOf(link);
		await link.subscribe("channel", ["a", "b"]);
		await link.subscribe("pattern", ["p*"]);
		await link.subscribe("shard", ["s"]);
		await server.command("PUBLISH", "b", "1");
		await server.command("PUBLISH", "px", "2");
		await server.command("SPUBLISH", "s", "3");
		await until(() => messages.length === 3);
		expect(messages).toEqual([
			["channel", Buffer.from("1"), "b"],
			["pattern", Buffer.from("2"), "px", "p*"],
			["shard", Buffer.from("3"), "s"],
		]);
	});

	// Red with an UNSUBSCRIBE that names nothing: the library's connection answers no command after it.
	test("ending the channels leaves the patterns, and the connection usable", async () => {
		const link = await open();
		const messages = messagesOf(link);
		await link.subscribe("channel", ["a", "b"]);
		await link.subscribe("pattern", ["p*"]);
		await link.unsubscribe("channel", ["a", "b"]);
		await link.unsubscribe("channel", []);
		await server.command("PUBLISH", "a", "no");
		await server.command("PUBLISH", "p", "yes");
		await until(() => messages.length === 1);
		expect(messages).toEqual([["pattern", Buffer.from("yes"), "p", "p*"]]);
		await link.unsubscribe("pattern", ["p*"]);
		expect(await link.send(["ECHO", "usable"], "utf8")).toBe("usable");
	});

	test("a refused name does not take the others with it", async () => {
		const link = await open({ username: "some", password: "pw" });
		const messages = messagesOf(link);
		await expect(link.subscribe("channel", ["ok1", "secret", "ok2"])).rejects.toMatchObject({
			message: /NOPERM/,
		});
		await server.command("PUBLISH", "ok1", "1");
		await server.command("PUBLISH", "ok2", "2");
		await until(() => messages.length === 2);
	});

	// Red with the connection's own protocol under ioredis 6: it drops RESP3's invalidations without a word.
	test("invalidations arrive over RESP2 as keys, or null for all", async () => {
		const link = await open({}, { protocol: "resp2" });
		const messages = messagesOf(link);
		const id = String(await link.send(["CLIENT", "ID"], "utf8"));
		await link.send(["CLIENT", "TRACKING", "ON", "REDIRECT", id, "BCAST", "PREFIX", "t:"], "utf8");
		await link.subscribe("channel", ["__redis__:invalidate"]);
		await server.command("SET", "t:1", "v");
		await until(() => messages.length === 1);
		await server.command("FLUSHALL");
		await until(() => messages.length === 2);
		expect(messages).toEqual([
			["channel", [Buffer.from("t:1")], "__redis__:invalidate"],
			["channel", null, "__redis__:invalidate"],
		]);
	});
});

/** No client is connected any more. */
const gone = (): Promise<void> => until(() => proxy.connections === 0);
