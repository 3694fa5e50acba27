import { ConnectionError, type Driver, type OpenOptions, type OwnLink } from "@rk/client";
import { IoredisCluster } from "./cluster.ts";
import { fault } from "./faults.ts";
import { IoredisLink } from "./link.ts";
import { isNativeCluster, type NativeCluster, type NativeRedis } from "./native.ts";
import { openLike, type Target } from "./open.ts";
import { checkClient } from "./unsafe-options.ts";

const END_MS = 1_000;

/**
 * ioredis or iovalkey as the port wants it.
 *
 * @param owned the client was made by this package, and ends with the driver
 * @throws {InvalidArgumentError} not such a client, or one with options that break a promise of the port
 */
export function ioredisDriver(client: NativeRedis | NativeCluster, owned: boolean): Driver {
	checkClient(client);
	return isNativeCluster(client) ? clusterDriver(client, owned) : singleDriver(client, owned);
}

function singleDriver(client: NativeRedis, owned: boolean): Driver {
	const link = new IoredisLink(client, () => client.status === "end");
	return {
		kind: client.options.sentinels ? "sentinel" : "standalone",
		native: client,
		fault,
		link,
		cluster: undefined,
		open: (options) => openLike(client, undefined, options),
		async close() {
			if (owned) await end(client, [client]);
			else link.dispose();
		},
	};
}

function clusterDriver(client: NativeCluster, owned: boolean): Driver {
	const cluster = new IoredisCluster(client);
	const open = async (options: OpenOptions): Promise<OwnLink> => {
		// Any node's client has the options that all nodes share.
		const like = client.nodes("all")[0];
		const node = options.node ?? cluster.masters()[0];
		if (like === undefined || node === undefined)
			throw new ConnectionError("No node of the cluster is known", "not-sent");
		return openLike(like, targetOf(cluster.mapped(node)), options);
	};
	return {
		kind: "cluster",
		native: client,
		fault,
		link: undefined,
		cluster,
		open,
		async close() {
			if (!owned) cluster.dispose();
			else if (!cluster.ended) await end(client, client.nodes("all"));
		},
	};
}

function targetOf(node: string): Target {
	const colon = node.lastIndexOf(":");
	return { host: node.slice(0, colon), port: Number(node.slice(colon + 1)) };
}

/**
 * The library's disconnect() waits for each server to close its side: a silent one would keep this waiting. While it pauses
 * between two attempts it has nothing to close, and never says that it ended; and a Sentinel that is just being asked is
 * given up when its own time is over.
 */
async function end(client: NativeRedis | NativeCluster, connections: readonly NativeRedis[]): Promise<void> {
	const { status } = client;
	if (status === "end") return;
	await new Promise<void>((resolve) => {
		client.once("end", resolve);
		client.disconnect();
		for (const { stream } of connections) stream?.destroy();
		if (status === "reconnecting") resolve();
		else setTimeout(resolve, END_MS).unref();
	});
}
