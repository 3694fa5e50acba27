import { createLock, createRedlock, IoredisAdapter, LockAcquisitionError } from "redlock-universal";
import { onlyNode, openIoredis } from "./ioredis-client.ts";
import type { Subject, SubjectSettings, Wait } from "./subject.ts";

const RETRY_MS = 50;

/** redlock-universal: its simple lock on one server, its Redlock on several. */
export async function open({ nodes, ttlMs }: SubjectSettings): Promise<Subject> {
	const clients = nodes.map(openIoredis);
	const adapters = clients.map((client) => new IoredisAdapter(client));
	const lockOn = (key: string) => {
		const common = { key, ttl: ttlMs, retryAttempts: 4, retryDelay: RETRY_MS };
		const [adapter] = adapters;
		if (adapter === undefined) throw new Error(`No server: ${onlyNode(nodes)}`);
		return adapters.length === 1
			? createLock({ adapter, ...common })
			: createRedlock({ adapters, ...common });
	};
	return {
		async acquire(key: string, { waitMs, signal }: Wait) {
			const lock = lockOn(`lock:${key}`);
			const until = performance.now() + waitMs;
			while (!signal.aborted && performance.now() < until) {
				try {
					const handle = await lock.acquire();
					const remainingMs = () => handle.acquiredAt + handle.ttl - Date.now();
					const held = () => remainingMs() > 0;
					return { fence: undefined, held, remainingMs, release: () => lock.release(handle) };
				} catch (error) {
					if (!(error instanceof LockAcquisitionError)) throw error;
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
