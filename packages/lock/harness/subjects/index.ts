import type { OpenSubject } from "./subject.ts";

export type SubjectName =
	| "rk"
	| "rk redlock"
	| "recipe-book"
	| "redis-semaphore mutex"
	| "redis-semaphore redlock"
	| "redis-semaphore semaphore"
	| "redis-semaphore redlock semaphore"
	| "redlock"
	| "redlock-universal"
	| "simple-redis-mutex";

/** Every library that can be put under test; each is loaded when it is asked for. */
export const SUBJECTS: Readonly<Record<SubjectName, () => Promise<OpenSubject>>> = {
	rk: async () => (await import("./rk.ts")).openLocks,
	"rk redlock": async () => (await import("./rk-redlock.ts")).openRedlock,
	"recipe-book": async () => (await import("./recipe-book.ts")).open,
	"redis-semaphore mutex": async () => (await import("./redis-semaphore.ts")).openMutex,
	"redis-semaphore redlock": async () => (await import("./redis-semaphore.ts")).openRedlockMutex,
	"redis-semaphore semaphore": async () => (await import("./redis-semaphore.ts")).openSemaphore,
	"redis-semaphore redlock semaphore": async () =>
		(await import("./redis-semaphore.ts")).openRedlockSemaphore,
	redlock: async () => (await import("./redlock.ts")).open,
	"redlock-universal": async () => (await import("./redlock-universal.ts")).open,
	"simple-redis-mutex": async () => (await import("./simple-redis-mutex.ts")).open,
};
