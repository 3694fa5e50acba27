import { connect } from "@rk/ioredis";
import { createBloomFilter } from "@rk/structures/bloom";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const seen = createBloomFilter(redis, { name: "seen", capacity: 1_000_000, errorRate: 0.01 });

console.log(await seen.add("https://example.com/a")); // true
console.log(await seen.addMany(["https://example.com/a", "https://example.com/b"])); // [ false, true ]
console.log(await seen.has("https://example.com/c")); // false

const info = await seen.info();
console.log(info?.inserted, info?.bytes); // 2 1199120

await seen.clear();
await redis.close();
