import { ioredisPort } from "@rk/ioredis";
import {
	createRedlock,
	type Lock,
	LockAbortedError,
	LockTimeoutError,
	QuorumError,
} from "../../src/index.ts";
import { openIoredis } from "./ioredis-client.ts";
import type { Hold, OpenSubject, Wait } from "./subject.ts";

/** Servers behind slow links are waited for a little longer than by default. */
const NODE_TIMEOUT_MS = 40;

function holdOf(lock: Lock): Hold {
	return {
		fence: undefined,
		held: () => lock.isHeld(),
		remainingMs: () => lock.remaining(),
		async release() {
			await lock.release();
			return true;
		},
	};
}

/** Redlock of this package. */
export const openRedlock: OpenSubject = async ({ nodes, ttlMs }) => {
	const clients = nodes.map(openIoredis);
	const redlock = createRedlock(
		clients.map((client) => ioredisPort(client)),
		{
			...{ ttlMs, nodeTimeoutMs: NODE_TIMEOUT_MS, retryMs: 30 },
		},
	);
	return {
		async acquire(key: string, { waitMs, signal }: Wait) {
			try {
				return holdOf(await redlock.acquire(key, { waitMs: Math.ceil(waitMs), signal }));
			} catch (error) {
				const inVain = error instanceof LockTimeoutError || error instanceof QuorumError;
				if (inVain || error instanceof LockAbortedError) return undefined;
				throw error;
			}
		},
		close: () => redlock.close(),
		async disconnect() {
			for (const client of clients) client.disconnect();
		},
	};
};
