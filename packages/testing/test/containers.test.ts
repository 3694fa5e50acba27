import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { containerHost, hasContainerRuntime } from "../src/containers.ts";
import { findServer, startCluster, startSentinel, startServer } from "../src/index.ts";
import { baseArgs, launchServer } from "../src/launch.ts";
import { freePort } from "../src/ports.ts";
import { PlainClient } from "./support/plain-client.ts";

const runtime = await hasContainerRuntime();

describe("servers in containers", () => {
	beforeAll(() => {
		vi.stubEnv("PATH", "/nonexistent"); // no server program here, so that an image is chosen
		vi.stubEnv("RK_REDIS_SERVER", "");
	});
	afterAll(() => {
		vi.unstubAllEnvs();
	});

	it("have the faults of processes", async ({ skip }) => {
		skip(!runtime, "no container runtime answers");
		expect(await findServer()).toMatchObject({ kind: "image" });
		await using server = await startServer({ password: "s3cret", persistence: "aof" });
		expect(server.pid).toBeUndefined();
		const client = await PlainClient.connect(server.port);
		expect(await client.ask("AUTH s3cret")).toBe("+OK");
		await client.ask("SET kept yes");

		await server.freeze();
		client.send("GET kept");
		await PlainClient.connect(server.port).then((late) => late.close());
		expect(client.received).toBe("");
		await server.thaw();
		await client.until((text) => text.endsWith("yes\r\n"));

		await server.kill();
		expect((await client.over()).ending).not.toBe("open");
		await server.restart();
		expect(await server.command("GET", "kept")).toBe("yes");
		expect(await server.log()).toMatch(/ready to accept connections/i);
	});

	it("say what went wrong when they do not start", async ({ skip }) => {
		skip(!runtime, "no container runtime answers");
		await expect(startServer({ args: ["--no-such-option", "1"] })).rejects.toMatchObject({
			code: "RK_SERVER_START",
			log: expect.stringContaining("no-such-option"),
		});
	});

	it("speak TLS", async ({ skip }) => {
		skip(!runtime, "no container runtime answers");
		await using server = await startServer({ tls: true });
		const client = await PlainClient.connect(server.port, server.ca);
		expect(await client.ask("PING")).toBe("+PONG");
		client.close();
	});

	it("form a cluster that fails over and moves slots", async ({ skip }) => {
		skip(!runtime, "no container runtime answers");
		await using cluster = await startCluster({ masters: 3, replicas: 1 });
		const old = await cluster.ownerOf(0);
		const master = await cluster.failover(0);
		expect((await cluster.ownerOf(0)).id).toBe(master.id);
		expect(master.id).not.toBe(old.id);
		await cluster.moveSlot(0, await cluster.ownerOf(16_383));
		expect((await cluster.ownerOf(0)).id).toBe((await cluster.ownerOf(16_383)).id);
	});

	it("form a Sentinel group that fails over, by way of proxies", async ({ skip }) => {
		skip(!runtime, "no container runtime answers");
		await using group = await startSentinel({ proxied: true });
		const old = await group.master();
		const master = await group.failover();
		expect(master.port).not.toBe(old.port);
		const client = await PlainClient.connect(master.port);
		expect(await client.ask("SET k v")).toBe("+OK");
		expect(master.proxy?.count("SET")).toBe(1);
		client.close();
	});

	it("are reached without sharing this machine's network too", async ({ skip }) => {
		skip(!runtime, "no container runtime answers");
		const source = await findServer();
		const image = source.kind === "image" ? source.image : "";
		const ports = [await freePort(), await freePort()];
		const host = await containerHost(image, ports, "shared");
		try {
			const [first, second] = await Promise.all(
				ports.map((port) => launchServer(host, { port, args: baseArgs(host, port) }, {})),
			);
			expect(await first?.control.command("SET", "k", "v")).toBe("OK");
			await second?.control.command("REPLICAOF", "127.0.0.1", ports[0] ?? 0); // they reach each other
			await expect.poll(() => second?.control.command("GET", "k"), { timeout: 20_000 }).toBe("v");
		} finally {
			await host.close();
		}
	});
});
