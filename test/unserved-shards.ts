import { type ConnectClusterOptions, keyInSlot, type RedisPort, slotOf } from "@rk/client";
import { type ClusterNode, startCluster, type TestCluster } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

/** Registers the tests of shard channels whose slot nobody serves, which must be the same over every client. */
export function testUnservedShards(
	connectCluster: (options: ConnectClusterOptions) => Promise<RedisPort>,
): void {
	describe("a shard channel whose slot is not served", () => {
		let cluster: TestCluster;
		beforeAll(async () => {
			cluster = await startCluster({ masters: 3, replicas: 0 });
		});
		afterAll(() => cluster.stop());

		const open = async (): Promise<RedisPort> => {
			const port = await connectCluster({ nodes: cluster.nodes.map(({ host, port }) => ({ host, port })) });
			onTestFinished(() => port.close({ graceMs: 0 }));
			return port;
		};
		const without = async (node: ClusterNode, slot: number): Promise<string> => {
			await node.command("CLUSTER", "DELSLOTS", slot).catch(() => {}); // it has none already
			return node.command("SPUBLISH", "shard", "").then(String, String);
		};
		/** No node serves the slot, or takes another for the one who does, until that is called. */
		const unserve = async (owner: ClusterNode, slot: number): Promise<() => Promise<unknown>> => {
			await without(owner, slot);
			const all = (): Promise<string[]> => Promise.all(cluster.nodes.map((node) => without(node, slot)));
			const down = cluster.nodes.map(() => expect.stringContaining("CLUSTERDOWN"));
			await expect.poll(all, { timeout: 15_000 }).toEqual(down);
			for (const node of cluster.nodes) await node.command("CONFIG", "RESETSTAT");
			return () => owner.command("CLUSTER", "ADDSLOTS", slot);
		};
		const turnedAway = async (): Promise<number> => {
			const stats = await Promise.all(cluster.nodes.map((node) => node.command("INFO", "errorstats")));
			return stats
				.map((each) => Number(/errorstat_CLUSTERDOWN:count=(\d+)/.exec(`${each}`)?.[1] ?? 0))
				.reduce((sum, count) => sum + count, 0);
		};

		// Red (CLUSTERDOWN, at once) when only MOVED is taken for a redirection.
		test("is subscribed once it is, and those beside it meanwhile keep theirs", async () => {
			const port = await open();
			const slot = slotOf("shard");
			const owner = await cluster.ownerOf(slot);
			const beside = keyInSlot(slot === 16_383 ? slot - 1 : slot + 1);
			expect(await cluster.ownerOf(slotOf(beside))).toBe(owner);
			const heard: string[] = [];
			const gaps: unknown[] = [];
			const onMessage = (payload: Buffer, channel: string): void => void heard.push(`${channel}=${payload}`);
			const onGap = (gap: unknown): void => void gaps.push(gap);
			await port.subscribe({ kind: "shard", names: [beside], onMessage, onGap });
			const serve = await unserve(owner, slot);
			const making = port.subscribe({ kind: "shard", names: ["shard"], onMessage, timeoutMs: 20_000 });
			await expect.poll(turnedAway, { timeout: 15_000 }).toBeGreaterThan(2);
			await serve();
			await making;
			await cluster.settled();
			await owner.command("SPUBLISH", "shard", "1");
			await owner.command("SPUBLISH", beside, "2");
			await expect.poll(() => heard, { timeout: 15_000 }).toEqual(["shard=1", `${beside}=2`]);
			expect(gaps).toEqual([]);
		});

		test("is refused after as many tries as a command gets", async () => {
			const port = await open();
			const owner = await cluster.ownerOf(slotOf("shard"));
			const serve = await unserve(owner, slotOf("shard"));
			const making = port.subscribe({
				kind: "shard",
				names: ["shard"],
				onMessage: () => {},
				timeoutMs: 25_000,
			});
			await expect(making).rejects.toMatchObject({ code: "CLUSTERDOWN", outcome: "refused" });
			await serve();
			await cluster.settled();
		});
	});
}
