import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { onlyNode, openIoredis } from "./ioredis-client.ts";
import type { Hold, Subject, SubjectSettings, Wait } from "./subject.ts";

const RELEASE = `
if redis.call("get", KEYS[1]) == ARGV[1] then
	return redis.call("del", KEYS[1])
end
return 0
`;
const POLL_MS = 50;

/** The recipe that everybody knows: SET NX PX with a uuid, tried every 50 ms, and compare-and-delete. */
export async function open({ nodes, ttlMs }: SubjectSettings): Promise<Subject> {
	const redis = openIoredis(onlyNode(nodes));
	const hold = (key: string, token: string): Hold => ({
		fence: undefined,
		held: () => true,
		remainingMs: () => undefined,
		release: async () => (await redis.eval(RELEASE, 1, key, token)) === 1,
	});
	return {
		async acquire(name: string, { waitMs, signal }: Wait) {
			const [key, token] = [`lock:${name}`, randomUUID()];
			const until = performance.now() + waitMs;
			for (;;) {
				if ((await redis.set(key, token, "PX", ttlMs, "NX")) === "OK") return hold(key, token);
				if (signal.aborted || performance.now() >= until) return undefined;
				await delay(POLL_MS);
			}
		},
		close: async () => {},
		disconnect: async () => redis.disconnect(),
	};
}
