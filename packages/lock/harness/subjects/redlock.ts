import Redlock, { ExecutionError, type Lock } from "redlock";
import { openIoredis } from "./ioredis-client.ts";
import type { Hold, Subject, SubjectSettings, Wait } from "./subject.ts";

const RETRY_MS = 50;

/** node-redlock, by `acquire` and `release`; its `expiration` is all that it says of the time left. */
export async function open({ nodes, ttlMs }: SubjectSettings): Promise<Subject> {
	const clients = nodes.map(openIoredis);
	const hold = (lock: Lock): Hold => ({
		fence: undefined,
		held: () => Date.now() < lock.expiration,
		remainingMs: () => lock.expiration - Date.now(),
		async release() {
			await lock.release();
			return true;
		},
	});
	const redlock = new Redlock(clients, { retryDelay: RETRY_MS, retryJitter: RETRY_MS / 2 });
	return {
		async acquire(key: string, { waitMs, signal }: Wait) {
			const until = performance.now() + waitMs;
			// It takes no signal, so that the tries are counted here.
			while (!signal.aborted && performance.now() < until) {
				try {
					return hold(await redlock.acquire([`lock:${key}`], ttlMs, { retryCount: 4 }));
				} catch (error) {
					if (!(error instanceof ExecutionError)) throw error;
				}
			}
			return undefined;
		},
		close: async () => {},
		async disconnect() {
			for (const client of clients) client.disconnect();
		},
	};
}
