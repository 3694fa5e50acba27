import type { RedisPort } from "@rk/client";
import { ioredisPort } from "@rk/ioredis";
import { nodeRedisPort } from "@rk/node-redis";
import { Cluster, Redis } from "ioredis";
import { createClient, createCluster, createSentinel } from "redis";
import {
	createLocks,
	type Lock,
	LockAbortedError,
	LockBusyError,
	LockTimeoutError,
} from "../../src/index.ts";
import { onlyNode, openIoredis } from "./ioredis-client.ts";
import type { Hold, OpenSubject, SubjectSettings, Wait } from "./subject.ts";

const MASTER_NAME = "main";

interface Opened {
	readonly port: RedisPort;
	disconnect(): Promise<void>;
}

async function open({ client, topology, nodes }: SubjectSettings): Promise<Opened[]> {
	const own = client === "ioredis" ? overIoredis : overNodeRedis;
	if (topology === "servers") return Promise.all(nodes.map((node) => own({ topology, nodes: [node] })));
	return [await own({ topology, nodes })];
}

type Where = Pick<SubjectSettings, "topology" | "nodes">;

async function overIoredis({ topology, nodes }: Where): Promise<Opened> {
	const retryStrategy = (times: number): number => Math.min(20 * times, 200);
	const sentinels = nodes.map(({ host, port }) => ({ host, port }));
	const native = {
		servers: () => openIoredis(onlyNode(nodes)),
		sentinel: () => new Redis({ sentinels, name: MASTER_NAME, retryStrategy, failoverDetector: true }),
		cluster: () => new Cluster(sentinels, { clusterRetryStrategy: retryStrategy }),
	}[topology]();
	native.on("error", () => {});
	return opened(ioredisPort(native), () => native.disconnect());
}

async function overNodeRedis({ topology, nodes }: Where): Promise<Opened> {
	const reconnectStrategy = (retries: number): number => Math.min(20 * retries, 200);
	const { host, port } = onlyNode(nodes);
	const sentinelRootNodes = nodes.map(({ host, port }) => ({ host, port }));
	const rootNodes = nodes.map(({ host, port }) => ({ socket: { host, port } }));
	if (topology === "sentinel") {
		const native = createSentinel({ name: MASTER_NAME, sentinelRootNodes });
		native.on("error", () => {});
		await native.connect();
		return opened(nodeRedisPort(native), () => native.destroy());
	}
	if (topology === "cluster") {
		const native = createCluster({ rootNodes, defaults: { socket: { reconnectStrategy } } });
		native.on("error", () => {});
		await native.connect();
		return opened(nodeRedisPort(native), () => native.destroy());
	}
	const native = createClient({ socket: { host, port, reconnectStrategy } });
	native.on("error", () => {});
	await native.connect();
	return opened(nodeRedisPort(native), () => native.destroy());
}

function opened(port: RedisPort, end: () => void | Promise<void>): Opened {
	return {
		port,
		async disconnect() {
			await port.close();
			await end();
		},
	};
}

function holdOf(lock: Lock, fencing: boolean): Hold {
	return {
		fence: fencing ? lock.fence : undefined,
		held: () => lock.isHeld(),
		remainingMs: () => lock.remaining(),
		async release() {
			await lock.release();
			return true;
		},
	};
}

/** Others had it for as long as we wanted to wait, or we gave up: an answer, and not a failure. */
const isDenial = (error: unknown): boolean =>
	error instanceof LockTimeoutError || error instanceof LockBusyError || error instanceof LockAbortedError;

/** The locks of this package, on one Redis. */
export const openLocks: OpenSubject = async (settings) => {
	const ports = await open(settings);
	const [first] = ports;
	if (first === undefined) throw new Error("There is no server");
	const locks = createLocks(first.port, { ttlMs: settings.ttlMs });
	return {
		async acquire(key: string, { waitMs, signal }: Wait) {
			try {
				return holdOf(await locks.acquire(key, { waitMs: Math.ceil(waitMs), signal }), true);
			} catch (error) {
				if (isDenial(error)) return undefined;
				throw error;
			}
		},
		close: () => locks.close(),
		async disconnect() {
			for (const { disconnect } of ports) await disconnect();
		},
	};
};
