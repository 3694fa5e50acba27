import { connect } from "@rk/ioredis";
import { createLocks, LockTimeoutError } from "@rk/lock";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
await using locks = createLocks(redis, { ttlMs: 5_000 });

{
	await using lock = await locks.acquire("report", { waitMs: 2_000 });
	console.log(lock.isHeld(), lock.remaining() > 4_000); // true true
	console.log(await locks.tryAcquire("report")); // null

	const error: unknown = await locks.acquire("report", { waitMs: 20 }).catch((error: unknown) => error);
	if (error instanceof LockTimeoutError) console.log(error.code, error.holder === lock.token); // RK_LOCK_TIMEOUT true
} // released here
console.log(await locks.isLocked("report")); // false

// A signal ends the waiting as well; no lock is left behind.
const stop = new AbortController();
const lock = await locks.acquire("report");
const waiting = locks
	.acquire("report", { signal: stop.signal })
	.catch((error: { code: string }) => error.code);
stop.abort();
console.log(await waiting); // RK_LOCK_ABORTED

await lock.release();
await locks.close();
await redis.close();
