import { checkInteger, checkKnown } from "@rk/client";
import { ClusterServer, RunningCluster, type TestCluster } from "./cluster.ts";
import { readView } from "./cluster-view.ts";
import { type Site, withHost } from "./hosts.ts";
import { baseArgs, launchServer, login } from "./launch.ts";
import type { Host } from "./machine.ts";
import { BUS_OFFSET } from "./ports.ts";
import { until } from "./wait.ts";

const SLOTS = 16_384;
const MEETING_MS = 30_000;

export interface ClusterOptions {
	/** @default 3, the fewest with which the cluster survives the loss of one */
	readonly masters?: number;
	/** How many replicas each master gets. @default 0 */
	readonly replicas?: number;
	/** The default user's password on every node. @default none */
	readonly password?: string;
	/** More options of every node, as on its command line. */
	readonly args?: readonly string[];
	/** Every node announces the port of a proxy of its own, so that clients reach each node through its `proxy`. @default false */
	readonly proxied?: boolean;
}

function nodeArgs(host: Host, { port, publicPort }: Site, { password, args = [] }: ClusterOptions): string[] {
	return [
		...baseArgs(host, port),
		...["--cluster-enabled", "yes", "--cluster-port", `${port + BUS_OFFSET}`],
		...["--cluster-announce-ip", "127.0.0.1", "--cluster-announce-port", `${publicPort}`],
		...["--cluster-announce-bus-port", `${port + BUS_OFFSET}`],
		// Short, so that tests need not wait for a failover; not so short that a busy machine looks like a dead one.
		...["--cluster-node-timeout", "2000", "--cluster-replica-validity-factor", "0"],
		// Replicas, and masters left without slots, stay where the test put them.
		...["--cluster-allow-replica-migration", "no"],
		...(password === undefined ? [] : ["--requirepass", password, "--masterauth", password]),
		...args,
	];
}

async function launchNode(host: Host, site: Site, options: ClusterOptions): Promise<ClusterServer> {
	const { password } = options;
	const { port, proxy } = site;
	const launched = await launchServer(host, { port, args: nodeArgs(host, site, options) }, login(password));
	const id = `${await launched.control.command("CLUSTER", "MYID")}`;
	return new ClusterServer({ ...launched, host: "127.0.0.1", port, proxy, password }, id);
}

/** Makes one cluster of nodes that do not know each other; the first `masters` share the slots. */
async function join(nodes: readonly ClusterServer[], masters: number): Promise<void> {
	const [first] = nodes;
	for (const [index, node] of nodes.entries()) {
		await node.command("CLUSTER", "SET-CONFIG-EPOCH", index + 1);
		if (index < masters) {
			const from = Math.ceil((SLOTS * index) / masters);
			const to = Math.ceil((SLOTS * (index + 1)) / masters) - 1;
			await node.command("CLUSTER", "ADDSLOTSRANGE", from, to);
		}
		if (index > 0)
			await first?.command("CLUSTER", "MEET", "127.0.0.1", node.directPort, node.directPort + BUS_OFFSET);
	}
	await Promise.all(
		nodes.map((node) =>
			until(`${node.url} has met all nodes`, MEETING_MS, async () => {
				const view = readView(`${await node.command("CLUSTER", "NODES")}`);
				return view.filter(({ doubtful }) => !doubtful).length === nodes.length;
			}),
		),
	);
	await Promise.all(
		nodes.slice(masters).map((node, index) => {
			const master = nodes[index % masters];
			return node.command("CLUSTER", "REPLICATE", master?.id ?? "");
		}),
	);
}

/**
 * Starts a cluster on 127.0.0.1 and resolves when all its slots are served and its replicas are in sync, after about
 * three seconds. Its nodes keep nothing on disk and end with this process at the latest.
 *
 * @throws {NoServerError} there is no server to start, see {@link findServer}
 * @throws {ServerStartError} a node did not come up, with what it printed
 * @throws {InvalidArgumentError} an option is not usable
 */
export async function startCluster(options: ClusterOptions = {}): Promise<TestCluster> {
	checkKnown("", options, ["masters", "replicas", "password", "args", "proxied"]);
	const { masters = 3, replicas = 0, proxied = false } = options;
	checkInteger("masters", masters, 1, 100);
	checkInteger("replicas", replicas, 0, 5);

	const count = masters * (1 + replicas);
	return withHost({ ports: count, proxied: proxied ? count : 0 }, async (host, sites) => {
		const nodes = await Promise.all(sites.map((site) => launchNode(host, site, options)));
		await join(nodes, masters);
		const cluster = new RunningCluster(nodes, host);
		await cluster.settled();
		return cluster;
	});
}
