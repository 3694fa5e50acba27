import { connect } from "@rk/ioredis";
import { createLocks } from "@rk/lock";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
await using locks = createLocks(redis);

// One process takes the lock, and hands it over with the work; nobody else gets it in between.
const lock = await locks.acquire("upload:7");
const message = JSON.stringify(lock.detach());

// Another goes on with it, under the same fence.
const mine = await locks.adopt(JSON.parse(message));
console.log(mine.isHeld(), mine.fence === lock.fence); // true true
await mine.release();

await locks.close();
await redis.close();
