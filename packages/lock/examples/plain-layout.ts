import { get } from "@rk/client";
import { connect } from "@rk/ioredis";
import { createLocks } from "@rk/lock";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });

// The keys of programs that lock by `SET lock:<key> <uuid> NX PX <ttl>`: either waits for the other.
await using locks = createLocks(redis, { layout: "plain", wait: "poll" });
const lock = await locks.acquire("stock");
console.log((await redis.command(get("lock:stock"))) === lock.token); // true
await lock.release();

await locks.close();
await redis.close();
