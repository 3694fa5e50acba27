import { incr, ping, type RedisPort } from "@rk/client";
import { startCluster, startServer } from "@rk/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { ioredisPort } from "../src/index.ts";
import type { NativeCluster, NativeRedis } from "../src/native.ts";
import { libraries } from "./clients.ts";
import { next, until } from "./links.ts";

const LONG_MS = 600_000;

/** The client pauses between two attempts to connect, and a command without a deadline waits for it. */
async function waiting(port: RedisPort, client: NativeRedis | NativeCluster, part: () => Promise<unknown>) {
	onTestFinished(() => port.close({ graceMs: 0 }));
	await port.everyMaster(ping()); // connected to all, so that the loss of all is seen
	const down = next();
	port.on("down", () => down.call());
	await part();
	await down.promise;
	await until(() => client.status === "reconnecting"); // of a cluster: all nodes are lost, not only the first
	const command = port.command(incr("k")).then(
		() => "done",
		(error: unknown) => error,
	);
	return () => command;
}

describe.each(libraries)("$name", ({ redis, cluster }) => {
	// Red (nothing settles) without the look at a client that pauses: disconnect() then ends it without any event.
	test("what waits for a client that is disconnected between two attempts is told so, and was not sent", async () => {
		await using server = await startServer({ owned: true });
		const { host, port } = server;
		const client = redis({ host, port, retryStrategy: () => LONG_MS });
		client.on("error", () => {});
		const command = await waiting(ioredisPort(client), client, () => server.kill());
		client.disconnect();
		expect(await command()).toMatchObject({ code: "RK_CLOSED", outcome: "not-sent", command: "INCR" });
	});

	test("a cluster's too", async () => {
		await using servers = await startCluster({ masters: 3, replicas: 0 });
		const client = cluster(
			servers.nodes.map(({ host, port }) => ({ host, port })),
			{ clusterRetryStrategy: () => LONG_MS },
		);
		client.on("error", () => {});
		const command = await waiting(ioredisPort(client), client, () =>
			Promise.all(servers.nodes.map((node) => node.kill())),
		);
		client.disconnect();
		expect(await command()).toMatchObject({ code: "RK_CLOSED", outcome: "not-sent", command: "INCR" });
	});

	test("a client that is connected again after all serves the port again", async () => {
		await using server = await startServer({ owned: true });
		const { host, port: number } = server;
		const client = redis({ host, port: number, retryStrategy: () => LONG_MS });
		client.on("error", () => {});
		onTestFinished(() => client.disconnect());
		const port = ioredisPort(client);
		const command = await waiting(port, client, () => server.kill());
		client.disconnect();
		await command();
		await server.restart();
		await client.connect();
		expect(await port.command(incr("k"))).toBe(1);
	});
});
