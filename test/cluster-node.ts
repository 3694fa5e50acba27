import { type ConnectOptions, type RedisPort, raw } from "@rk/client";
import { startCluster, startServer } from "@rk/testing";
import { expect, onTestFinished, test } from "vitest";

/** Registers the tests of `connect()` to a node of a cluster, which must be the same over every client. */
export function testClusterNode(connect: (options: ConnectOptions) => Promise<RedisPort>): void {
	// Red (it connects, and two keys of three fail later) without the look at what kind of server answers.
	test("a node of a cluster is no single server, unless it has all the slots", async () => {
		const cluster = await startCluster({ masters: 3, replicas: 1 });
		onTestFinished(() => cluster.stop());
		for (const { host, port } of cluster.nodes) {
			await expect(connect({ host, port })).rejects.toMatchObject({
				code: "RK_CONNECT",
				reason: "cluster-node",
				node: `${host}:${port}`,
				message: /use connectCluster\(\)/,
			});
		}
		await using single = await startServer({ owned: true, args: ["--cluster-enabled", "yes"] });
		const address = { host: single.host, port: single.port };
		await expect(connect(address)).rejects.toMatchObject({
			reason: "cluster-node",
			message: /with 0 of the 16384/,
		});
		await single.command("CLUSTER", "ADDSLOTSRANGE", 0, 16_383);
		const info = async (): Promise<string> => String(await single.command("CLUSTER", "INFO"));
		await expect.poll(info, { timeout: 15_000 }).toContain("cluster_state:ok");
		const redis = await connect(address);
		expect(await redis.command(raw(["SET", "k", "v"]))).toBe("OK");
		await redis.close();
	});

	test("who may not look at the cluster is connected", async () => {
		await using server = await startServer({ owned: true, args: ["--cluster-enabled", "yes"] });
		await server.command("ACL", "SETUSER", "blind", "on", ">pw", "+@all", "-cluster", "~*");
		const redis = await connect({ host: server.host, port: server.port, username: "blind", password: "pw" });
		await redis.close();
	});
}
