import { connect } from "@rk/ioredis";
import { createCounter, createIdGenerator, createWindowedCounter } from "@rk/structures/counters";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });

const seats = createCounter(redis, { name: "seats", min: 0, ttlMs: 86_400_000 });
await seats.set(2);
console.log(await seats.decrement(2), await seats.decrement()); // 0 null
console.log(await seats.incrementWithCap(3, 2), await seats.incrementWithCap(2, 2)); // null 2

const clicks = createWindowedCounter(redis, { name: "clicks", bucketMs: 1_000, windowMs: 60_000 });
await clicks.record(3);
console.log((await clicks.count()) >= 3); // true

const orders = createIdGenerator(redis, { name: "orders", block: 50 });
const order = await orders.next();
console.log((await orders.next()) === order + 1); // true

await seats.reset();
await redis.close();
