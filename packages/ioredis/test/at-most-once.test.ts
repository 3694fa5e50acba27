import { setImmediate as nextTurn } from "node:timers/promises";
import { type FaultProxy, startServer, type TestServer } from "@rk/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { ioredisDriver } from "../src/driver.ts";
import type { NativeRedis } from "../src/native.ts";
import { libraries } from "./clients.ts";
import { outcomeOf, ready, readyLink } from "./links.ts";

let server: TestServer;
let proxy: FaultProxy;

beforeAll(async () => {
	server = await startServer({ proxied: true, owned: true });
	proxy = server.proxy ?? expect.fail("the server has no proxy");
});
beforeEach(async () => {
	await server.command("FLUSHALL");
	proxy.forget();
});
afterEach(() => proxy.heal());
afterAll(() => server.stop());

describe.each(libraries)("$name", ({ redis }) => {
	const client = (options: object = {}): NativeRedis => {
		const made = redis({ host: server.host, port: server.port, ...options });
		made.on("error", () => {});
		onTestFinished(() => made.disconnect());
		return made;
	};

	// Red (the counter is 2) when IoredisLink does not take its commands back from the library.
	test("a command whose reply is lost is not sent again, though the library would", async () => {
		const link = await readyLink(client());
		const swallowed = proxy.swallowReply("INCR");
		const lost = outcomeOf(link.send(["INCR", "counter"], "utf8"));
		expect(await swallowed).toBe(true);
		expect(await lost).toBe("RK_CONNECTION unknown");
		await ready(link);
		expect(await link.send(["GET", "counter"], "utf8")).toBe("1");
	});

	// Red in the same way: the library runs a whole MULTI twice.
	test("a transaction whose reply is lost is not sent again", async () => {
		const link = await readyLink(client());
		const swallowed = proxy.swallowReply("EXEC");
		const replies = link
			.sendTogether([["MULTI"], ["INCR", "a"], ["INCR", "a"], ["EXEC"]], "utf8")
			.map(outcomeOf);
		expect(await swallowed).toBe(true);
		expect(await Promise.all(replies)).toEqual(["done", "done", "done", "RK_CONNECTION unknown"]);
		await ready(link);
		expect(await link.send(["GET", "a"], "utf8")).toBe("2");
	});

	// Red when all commands are taken back instead of the port's own: this one would be rejected.
	test("what the application itself has in flight stays the library's to send again", async () => {
		const native = client();
		const link = await readyLink(native);
		const swallowed = proxy.swallowReply("INCR");
		const ours = outcomeOf(link.send(["INCR", "ours"], "utf8"));
		const theirs = native.info();
		expect(await swallowed).toBe(true);
		expect(await ours).toBe("RK_CONNECTION unknown");
		expect(String(await theirs)).toContain("redis_version");
	});

	// Red (2) without the look into the offline queue: there the library keeps it for the next connection.
	test("a script that fails half-way is not run again by a reconnectOnError that escaped the check", async () => {
		const reconnectOnError = (error: Error): boolean | 2 => (error.message.includes("half-way") ? 2 : false);
		const link = await readyLink(client({ reconnectOnError }));
		const script = "redis.call('INCR', KEYS[1]) return redis.error_reply('HALF half-way')";
		expect(await outcomeOf(link.send(["EVAL", script, "1", "counter"], "utf8"))).toBe(
			"RK_CONNECTION unknown",
		);
		await ready(link);
		expect(await link.send(["GET", "counter"], "utf8")).toBe("1");
	});

	// Red (2) when close() takes the guard off a connection that still owes replies.
	test("a command that was in flight when the port closed is not sent again either", async () => {
		const native = client();
		const driver = ioredisDriver(native, false);
		const link = driver.link ?? expect.fail("a single client has one link");
		await ready(link);
		const swallowed = proxy.swallowReply("INCR", { after: "hold" });
		const lost = outcomeOf(link.send(["INCR", "counter"], "utf8"));
		expect(await swallowed).toBe(true);
		await driver.close();
		proxy.cut();
		expect(await lost).toBe("RK_CONNECTION unknown");
		await ready(await readyLink(native));
		expect(await server.command("GET", "counter")).toBe("1");
	});

	// Red ("ready", and the command runs on the next connection) when `state` only looks at the library's status.
	test("a connection that is being ended counts as down at once", async () => {
		const native = client();
		const link = await readyLink(native);
		native.disconnect(true);
		expect(native.status).toBe("ready");
		expect(link.state).toBe("down");
		await ready(link);
	});

	// Red without the overridden timers: the library rejects after 20 ms, and answers XREAD with null.
	test("the library's commandTimeout and blockingTimeout leave the port's commands alone", async () => {
		const link = await readyLink(client({ commandTimeout: 20, blockingTimeout: 20 }));
		await server.command("XADD", "stream", "1-1", "f", "v");
		proxy.delay(100);
		expect(await link.send(["PING"], "utf8")).toBe("PONG");
		expect(await link.send(["XREAD", "STREAMS", "stream", "0"], "utf8")).not.toBeNull();
	});

	test("abandoned commands reject at once, and later replies are still matched", async () => {
		const link = await readyLink(client());
		proxy.delay(50);
		const first = outcomeOf(link.send(["SET", "k", "1"], "utf8"));
		await nextTurn();
		link.abandon();
		expect(await first).toBe("RK_CLOSED unknown");
		expect(await link.send(["GET", "k"], "utf8")).toBe("1");
	});

	// Red (not-sent, which is a lie) when the commands are taken back after the library's own listener.
	test("closing the native client rejects what is in flight as closed, outcome unknown", async () => {
		const native = client();
		const link = await readyLink(native);
		const swallowed = proxy.swallowReply("INCR", { after: "hold" });
		const lost = outcomeOf(link.send(["INCR", "counter"], "utf8"));
		expect(await swallowed).toBe(true);
		native.disconnect();
		expect(await lost).toBe("RK_CLOSED unknown");
		expect(link.state).toBe("closed");
		expect(await outcomeOf(link.send(["PING"], "utf8"))).toBe("RK_CLOSED not-sent");
	});
});
