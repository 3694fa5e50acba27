import { incr, set } from "@rk/client";
import { ioredisPort } from "@rk/ioredis";
import { Redis } from "ioredis";

const client = new Redis(process.env["REDIS_URL"] ?? "redis://localhost:6379");
const redis = ioredisPort(client, { commandTimeoutMs: 2_000 });

await redis.command(set("visits:ioredis", "1", { ttlMs: 60_000 }));
console.log(await redis.command(incr("visits:ioredis"))); // 2
console.log(await client.get("visits:ioredis")); // 2

await redis.close(); // ends what the port made for itself
client.disconnect(); // the client is yours to close
