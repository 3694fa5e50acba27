import { createClient } from "redis";
import { lock } from "simple-redis-mutex";
import { onlyNode } from "./ioredis-client.ts";
import type { Subject, SubjectSettings, Wait } from "./subject.ts";

/** simple-redis-mutex: woken by Pub/Sub, with a counter for fences. */
export async function open({ nodes, ttlMs }: SubjectSettings): Promise<Subject> {
	const { host, port } = onlyNode(nodes);
	const reconnectStrategy = (retries: number): number => Math.min(20 * retries, 200);
	const client = createClient({ socket: { host, port, reconnectStrategy } });
	client.on("error", () => {});
	await client.connect();
	return {
		async acquire(key: string, { waitMs }: Wait) {
			const release = await lock(client, key, { timeout: ttlMs, failAfter: waitMs }).catch((error: Error) => {
				if (error.message.includes("could not be acquired")) return undefined;
				throw error;
			});
			if (release === undefined) return undefined;
			return {
				fence: BigInt(release.fencingToken),
				held: () => true,
				remainingMs: () => undefined,
				release: () => release().then(() => true),
			};
		},
		close: async () => {},
		async disconnect() {
			client.destroy();
		},
	};
}
