import { connect } from "@rk/ioredis";
import { createLocks } from "@rk/lock";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
await using locks = createLocks(redis);

const lock = await locks.acquire("nightly", { meta: "host-3" });
const found = await locks.inspect("nightly");
if (found.held) console.log(found.meta, found.owner === lock.token, found.ttlMs > 9_000); // host-3 true true

// Its holder hears of it at once.
await locks.forceRelease("nightly", { reason: "host-3 hangs" });
const loss = await lock.lost;
console.log(loss.code, loss.reason); // RK_LOCK_LOST forced
console.log(loss.message); // The lock "nightly" was lost: forced (host-3 hangs)

await locks.close();
await redis.close();
