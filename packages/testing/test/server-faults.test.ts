import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServer, type TestServer } from "../src/index.ts";
import { PlainClient } from "./support/plain-client.ts";
import { isAlive, stateOf } from "./support/processes.ts";

describe("a standalone server, seen by a plain socket", () => {
	let server: TestServer;

	beforeAll(async () => {
		server = await startServer({ owned: true });
	});
	afterAll(() => server.stop());

	it("answers on 127.0.0.1 and says what it is", async () => {
		const client = await PlainClient.connect(server.port);
		expect(await client.ask("PING")).toBe("+PONG");
		expect(server.url).toBe(`redis://127.0.0.1:${server.port}`);
		expect(["redis", "valkey"]).toContain(server.version.name);
		expect(server.version.version).toMatch(/^\d+\.\d+\.\d+$/);
		expect(server.owned).toBe(true);
		client.close();
	});

	it("resets its clients when killed, refuses new ones, and is back on the same port after a restart", async () => {
		const { port, pid } = server;
		const client = await PlainClient.connect(port);
		await client.ask("SET before 1");
		await server.kill();
		expect((await client.over()).ending).not.toBe("open");
		expect(server.pid).toBeUndefined();
		expect(isAlive(pid)).toBe(false);
		expect(await server.log()).not.toMatch(/shutdown/i); // it had no time to prepare: SIGTERM instead turns this red
		await expect(PlainClient.connect(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
		await expect(server.command("PING")).rejects.toMatchObject({ code: "RK_TEST_CONNECTION" });

		await server.restart();
		expect(server.port).toBe(port);
		expect(server.pid).not.toBe(pid);
		const again = await PlainClient.connect(port);
		expect(await again.ask("EXISTS before")).toBe(":0");
		again.close();
	});

	it("restarts while it runs", async () => {
		const { pid } = server;
		const client = await PlainClient.connect(server.port);
		await server.restart();
		expect((await client.over()).ending).not.toBe("open");
		expect(server.pid).not.toBe(pid);
		expect(await server.command("PING")).toBe("PONG");
	});

	it("keeps connections open and silent while frozen, and answers all it was sent once thawed", async () => {
		const client = await PlainClient.connect(server.port);
		await client.ask("PING");
		await server.freeze();
		client.send("SET frozen 1", "GET frozen");
		const late = await PlainClient.connect(server.port); // the system accepts it, not the server
		late.send("PING");
		await expect.poll(() => stateOf(server.pid)).toBe("T");
		expect([client.received, late.received, client.ending, late.ending]).toEqual(["", "", "open", "open"]);
		await server.thaw();
		expect(await client.until((text) => text.endsWith("1\r\n"))).toBe("+OK\r\n$1\r\n1\r\n");
		expect(await late.until((text) => text !== "")).toBe("+PONG\r\n");
		client.close();
		late.close();
	});

	it("disconnects the clients of one type, and only these", async () => {
		const normal = await PlainClient.connect(server.port);
		const subscriber = await PlainClient.connect(server.port);
		await normal.ask("PING");
		await subscriber.ask("SUBSCRIBE news");
		expect(await server.killClients("pubsub")).toBe(1);
		expect((await subscriber.over()).ending).toBe("ended");
		expect(await normal.ask("PING")).toBe("+PONG");
		expect(await server.killClients()).toBe(1);
		expect((await normal.over()).ending).toBe("ended");
		expect(await server.command("PING")).toBe("PONG");
	});

	it("keeps writes waiting while they are paused, and reads going", async () => {
		const [reader, writer] = [await PlainClient.connect(server.port), await PlainClient.connect(server.port)];
		await server.pauseClients(60_000, "WRITE");
		writer.send("SET paused 1");
		await server.command("CLIENT", "LIST");
		expect(await reader.ask("EXISTS paused")).toBe(":0");
		expect(writer.received).toBe("");
		await server.command("CLIENT", "UNPAUSE");
		expect(await writer.until((text) => text !== "")).toBe("+OK\r\n");
		reader.close();
		writer.close();
	});

	it("keeps every command waiting while all are paused", async () => {
		const client = await PlainClient.connect(server.port);
		const started = performance.now();
		await server.pauseClients(300);
		await client.ask("PING");
		expect(performance.now() - started).toBeGreaterThanOrEqual(290); // the pause is a lower bound
		client.close();
	});

	it("forgets its scripts when told to", async () => {
		const client = await PlainClient.connect(server.port);
		const sha = `${await server.command("SCRIPT", "LOAD", "return 7")}`;
		expect(await client.ask(`EVALSHA ${sha} 0`)).toBe(":7");
		await server.flushScripts();
		expect(await client.ask(`EVALSHA ${sha} 0`)).toMatch(/^-NOSCRIPT/);
		client.close();
	});

	it("tells an error reply by its first word", async () => {
		await server.command("SET", "text", "x");
		await expect(server.command("LPUSH", "text", "y")).rejects.toMatchObject({
			code: "RK_TEST_REPLY",
			word: "WRONGTYPE",
		});
	});

	it("refuses impossible arguments by name, before anything is sent", async () => {
		await expect(server.pauseClients(-1)).rejects.toMatchObject({
			code: "RK_INVALID_ARGUMENT",
			argument: "ms",
		});
		await expect(Reflect.apply(server.killClients, server, ["monitors"])).rejects.toMatchObject({
			argument: "type",
			value: "monitors",
		});
		await expect(startServer({ port: 70_000 })).rejects.toMatchObject({ argument: "port", value: 70_000 });
		await expect(startServer({ tls: true, proxied: true })).rejects.toMatchObject({ argument: "proxied" });
	});
});
