import { listen } from "./listeners.ts";
import type { NodeRedisClient, NodeRedisCluster } from "./native.ts";

/** How long the end of what a client has under way is waited for, in milliseconds. */
const END_MS = 1000;

/** Ends the client for good. What is still connecting then ends as soon as it is connected. */
export function endClient(client: NodeRedisClient): void {
	client.on("error", ignore); // without any listener, what is still reported ends the process
	destroyForGood(client);
}

/** Ends the cluster client and its nodes, also those that a discovery under way has yet to make. */
export async function endCluster(cluster: NodeRedisCluster): Promise<void> {
	cluster.on("error", ignore);
	const sweep = (): void => destroyNodes(cluster);
	cluster.on("node-connect", sweep);
	cluster.on("node-error", sweep);
	for (const { client } of cluster.nodeByAddress.values()) if (client !== undefined) destroyForGood(client);
	cluster.destroy();
	// Gives the discovery that is under way. Where there is none, a destroyed client refuses to begin one.
	await inTime(cluster._slots.rediscover());
	sweep();
}

/** As {@link endCluster}. A Sentinel client that is about to connect takes a while to see that it is no longer wanted. */
export async function endSentinel(sentinel: {
	on(event: string, listener: () => void): unknown;
	destroy(): unknown;
}): Promise<void> {
	sentinel.on("error", ignore);
	await inTime(Promise.resolve(sentinel.destroy()));
}

/**
 * Runs a discovery of the port's on a client of the application, who may destroy it meanwhile: the library does not look
 * before it connects to the nodes that it was told of, and forgets them.
 */
export async function whileOpen(cluster: NodeRedisCluster, discovery: () => Promise<unknown>): Promise<void> {
	const sweep = (): void => destroyNodes(cluster);
	const stop = listen(cluster, { "node-connect": sweep, "node-error": sweep });
	try {
		await discovery();
	} finally {
		stop();
		sweep();
	}
}

/** Destroys the nodes that a destroyed client has all the same. */
function destroyNodes(cluster: NodeRedisCluster): void {
	if (cluster.isOpen || cluster.nodeByAddress.size === 0) return;
	for (const { client } of cluster.nodeByAddress.values()) if (client !== undefined) destroyForGood(client);
	cluster.destroy(); // forgets them
}

/** What is destroyed while it connects appears again when TCP or TLS has come to an end. */
function destroyForGood(client: NodeRedisClient): void {
	client.on("connect", () => client.destroy());
	client.destroy();
}

async function inTime(ended: Promise<unknown>): Promise<void> {
	const late = new Promise((resolve) => setTimeout(resolve, END_MS).unref());
	await Promise.race([ended.catch(ignore), late]);
}

function ignore(): void {}
