import { incr, set } from "@rk/client";
import { nodeRedisPort } from "@rk/node-redis";
import { createClient } from "redis";

const client = createClient({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
client.on("error", (error) => console.error("redis:", error));
await client.connect();
const redis = nodeRedisPort(client, { commandTimeoutMs: 2_000 });

await redis.command(set("visits:node-redis", "1", { ttlMs: 60_000 }));
console.log(await redis.command(incr("visits:node-redis"))); // 2
console.log(await client.get("visits:node-redis")); // 2

await redis.close(); // ends what the port made for itself
client.destroy(); // the client is yours to close
