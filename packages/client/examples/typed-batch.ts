import { get, hgetall, hsetMany, incr, set } from "@rk/client";
import { connect } from "@rk/ioredis"; // or from "@rk/node-redis": nothing else changes

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });

await redis.command(set("visits", "41", { ttlMs: 60_000 }));
console.log(await redis.command(incr("visits"))); // 42

// One flush, and the type of a tuple: number, Map<string, string> and string | null, or a CommandError each.
const [, ada, missing] = await redis.batch([
	hsetMany("user:1", Object.entries({ name: "Ada", city: "London" })),
	hgetall("user:1"),
	get("user:2"),
]);
console.log(ada, missing); // Map(2) { 'name' => 'Ada', 'city' => 'London' } null

await redis.close();
