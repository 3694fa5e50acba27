import { existsSync } from "node:fs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type ServerOptions, startServer, type TestServer } from "../src/index.ts";
import { freePort } from "../src/ports.ts";
import { PlainClient } from "./support/plain-client.ts";
import { isAlive } from "./support/processes.ts";

async function start(options: ServerOptions): Promise<TestServer> {
	const server = await startServer(options);
	onTestFinished(() => server.stop());
	return server;
}

describe("a server started with options", () => {
	it("asks for its password", async () => {
		const server = await start({ password: "p@ss w/rd" });
		const client = await PlainClient.connect(server.port);
		expect(await client.ask("PING")).toMatch(/^-NOAUTH/);
		expect(new URL(server.url).password).toBe(encodeURIComponent("p@ss w/rd"));
		expect(await client.ask(`AUTH "p@ss w/rd"`)).toBe("+OK");
		await server.restart();
		expect(await server.command("PING")).toBe("PONG");
		client.close();
	});

	it("speaks TLS with a certificate that its clients can check, and nothing else", async () => {
		const server = await start({ tls: true });
		const client = await PlainClient.connect(server.port, server.ca);
		expect(await client.ask("PING")).toBe("+PONG");
		client.close();
		await expect(PlainClient.connect(server.port, "")).rejects.toMatchObject({
			code: "DEPTH_ZERO_SELF_SIGNED_CERT",
		});
		expect((await (await PlainClient.connect(server.port)).send("PING").over()).received).not.toContain(
			"PONG",
		);
		expect(server.url).toMatch(/^rediss:/);
	});

	it("keeps its data over a kill and a restart with persistence", async () => {
		const server = await start({ persistence: "aof" });
		await server.command("SET", "kept", "yes");
		await server.kill();
		await server.restart();
		expect(await server.command("GET", "kept")).toBe("yes");
	});

	it("takes more options of the server's own", async () => {
		const server = await start({ args: ["--maxmemory-policy", "allkeys-lru"] });
		expect(await server.command("CONFIG", "GET", "maxmemory-policy")).toEqual([
			"maxmemory-policy",
			"allkeys-lru",
		]);
	});

	it("is reached through its proxy if it is to have one", async () => {
		const server = await start({ proxied: true });
		expect(server.port).toBe(server.proxy?.port);
		await (await PlainClient.connect(server.port)).ask("PING");
		expect(server.proxy?.commands()).toEqual([["PING"]]);
		expect(await server.command("PING")).toBe("PONG");
		expect(server.proxy?.count("PING")).toBe(1); // commands of the test itself go past the proxy
	});

	it("listens on the port asked for, or says what the server said", async () => {
		const port = await freePort();
		const server = await start({ port });
		expect(server.port).toBe(port);
		await expect(startServer({ port })).rejects.toMatchObject({
			code: "RK_SERVER_START",
			log: expect.stringMatching(/address already in use/i),
		});
	});

	it("says what the server said about an option it does not know", async () => {
		await expect(startServer({ args: ["--no-such-option", "1"] })).rejects.toMatchObject({
			code: "RK_SERVER_START",
			log: expect.stringContaining("no-such-option"),
		});
	});

	it("refuses an option that it does not have, by name, rather than start without it", async () => {
		const misspelt = { owned: true, pasword: "s3cret" };
		await expect(startServer(misspelt)).rejects.toMatchObject({
			code: "RK_INVALID_ARGUMENT",
			argument: "pasword",
			message: expect.stringContaining("password"),
		});
	});

	it("refuses a persistence that it does not know, rather than keep nothing", async () => {
		const misspelt: object = { persistence: "rdb" };
		await expect(startServer(misspelt)).rejects.toMatchObject({ argument: "persistence", value: "rdb" });
	});

	it("leaves neither process nor files behind", async () => {
		const server = await start({ persistence: "aof" });
		const { pid } = server;
		const reply = await server.command("CONFIG", "GET", "dir");
		const directory = Array.isArray(reply) ? `${reply[1]}` : "";
		expect([isAlive(pid), existsSync(directory)]).toEqual([true, true]);
		await server.stop();
		expect([isAlive(pid), existsSync(directory)]).toEqual([false, false]);
		await server.stop(); // once more is harmless
	});
});

describe("REDIS_URL", () => {
	it("gives the server that is there, which stays up and whose process is not ours to fault", async () => {
		const theirs = await start({ password: "s3cret" });
		vi.stubEnv("REDIS_URL", `${theirs.url}/3`);
		const server = await startServer();
		vi.unstubAllEnvs();
		expect(server).toMatchObject({ owned: false, pid: undefined, port: theirs.port, url: `${theirs.url}/3` });
		await server.command("SET", "k", "v");
		expect(`${await server.command("CLIENT", "INFO")}`).toContain(" db=3 ");
		for (const fault of [
			() => server.kill(),
			() => server.freeze(),
			() => server.thaw(),
			() => server.restart(),
		])
			await expect(fault()).rejects.toMatchObject({ code: "RK_SERVER_NOT_OWNED" });
		await server.flushScripts();
		await server.stop();
		expect(await theirs.command("PING")).toBe("PONG");
	});

	it("may have no password, and no log that could be read", async () => {
		const theirs = await start({ owned: true });
		vi.stubEnv("REDIS_URL", theirs.url);
		const server = await startServer();
		vi.unstubAllEnvs();
		expect([await server.command("PING"), await server.log()]).toEqual(["PONG", ""]);
		await server.stop();
	});

	it("may name a user, who is the one that is let in", async () => {
		const theirs = await start({ owned: true });
		await theirs.command("ACL", "SETUSER", "me", "on", ">s3cret", "+@all", "~*");
		vi.stubEnv("REDIS_URL", theirs.url.replace("//", "//me:s3cret@"));
		const server = await startServer();
		vi.unstubAllEnvs();
		expect(await server.command("ACL", "WHOAMI")).toBe("me");
		await server.stop();
	});

	it("with rediss:// asks for a certificate that the system trusts", async () => {
		const theirs = await start({ tls: true });
		vi.stubEnv("REDIS_URL", theirs.url);
		await expect(startServer()).rejects.toMatchObject({ cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" } });
		vi.unstubAllEnvs();
	});

	it("is passed over by whoever sets options", async () => {
		vi.stubEnv("REDIS_URL", "redis://127.0.0.1:1");
		const server = await start({ owned: true });
		vi.unstubAllEnvs();
		expect(server.owned).toBe(true);
	});

	it.each(["localhost:6379", "http://127.0.0.1", "redis://"])("is refused as %s", async (url) => {
		vi.stubEnv("REDIS_URL", url);
		await expect(startServer()).rejects.toMatchObject({ code: "RK_INVALID_ARGUMENT", argument: "REDIS_URL" });
		vi.unstubAllEnvs();
	});

	it("is not quoted with its password", async () => {
		vi.stubEnv("REDIS_URL", "redis://me:s3cret@:port");
		await expect(startServer()).rejects.toThrow(expect.not.stringContaining("s3cret"));
		vi.unstubAllEnvs();
	});
});
