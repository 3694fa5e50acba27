import type { Redis } from "ioredis";
import { type LockOptions, Mutex, RedlockMutex, RedlockSemaphore, Semaphore } from "redis-semaphore";
import { onlyNode, openIoredis } from "./ioredis-client.ts";
import type { Hold, OpenSubject, Subject, SubjectSettings, Wait } from "./subject.ts";

type RedisSemaphoreLock = Mutex | RedlockMutex | Semaphore | RedlockSemaphore;
type Make = (
	clients: Redis[],
	key: string,
	options: LockOptions,
	settings: SubjectSettings,
) => RedisSemaphoreLock;

/** redis-semaphore, with whichever of its locks `make` makes. */
function opener(make: Make): OpenSubject {
	return async (settings) => {
		const clients = settings.nodes.map(openIoredis);
		return {
			async acquire(key: string, { waitMs, signal }: Wait) {
				const options = {
					lockTimeout: settings.ttlMs,
					acquireTimeout: waitMs,
					onLockLost: () => {}, // `isAcquired` tells it
				};
				const lock = make(clients, key, options, settings);
				return (await lock.tryAcquire(signal)) ? holdOf(lock) : undefined;
			},
			close: async () => {},
			async disconnect() {
				for (const client of clients) client.disconnect();
			},
		} satisfies Subject;
	};
}

function holdOf(lock: RedisSemaphoreLock): Hold {
	return {
		fence: undefined,
		held: () => lock.isAcquired,
		remainingMs: () => undefined,
		async release() {
			const held = lock.isAcquired;
			await lock.release();
			return held;
		},
	};
}

const first = ([client]: Redis[], { nodes }: SubjectSettings): Redis =>
	client ?? openIoredis(onlyNode(nodes));

export const openMutex: OpenSubject = opener((clients, key, options, settings) => {
	return new Mutex(first(clients, settings), key, options);
});

export const openRedlockMutex: OpenSubject = opener((clients, key, options) => {
	return new RedlockMutex(clients, key, options);
});

/** Its workers do not agree on the time after which a permit is void: every other one has a quarter of it. */
export const openSemaphore: OpenSubject = opener(
	(clients, key, { lockTimeout = 0, ...options }, settings) => {
		const time = settings.worker % 2 === 0 ? lockTimeout : Math.ceil(lockTimeout / 4);
		return new Semaphore(first(clients, settings), key, settings.limit, { ...options, lockTimeout: time });
	},
);

export const openRedlockSemaphore: OpenSubject = opener((clients, key, options, { limit }) => {
	return new RedlockSemaphore(clients, key, limit, options);
});
