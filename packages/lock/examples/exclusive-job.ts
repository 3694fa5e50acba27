import { get } from "@rk/client";
import { connect } from "@rk/ioredis"; // or from "@rk/node-redis": nothing else changes
import { createLocks, fencedWrite } from "@rk/lock";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const locks = createLocks(redis);

const total = await locks.withLock("invoice:42", async (signal, lock) => {
	// The lock is extended while this runs. If it is lost all the same, `signal` aborts: give it to what takes long.
	signal.throwIfAborted();
	// A holder that was paused too long to notice writes with a lower fence than its successor did, and is refused.
	await fencedWrite(redis, "invoice:42:total", "1200", lock.fence, { ttlMs: 60_000 });
	return 1200;
});
console.log(total, await redis.command(get("invoice:42:total"))); // 1200 1200

await locks.close();
await redis.close();
