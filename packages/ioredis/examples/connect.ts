import { get, publish, set } from "@rk/client";
import { connect } from "@rk/ioredis";

const redis = await connect({
	url: process.env["REDIS_URL"] ?? "redis://localhost:6379",
	commandTimeoutMs: 2_000,
});

await redis.command(set("greeting:ioredis", "hello", { ttlMs: 60_000 }));
console.log(await redis.command(get("greeting:ioredis"))); // hello

await redis.subscribe({
	names: ["news:ioredis"],
	onMessage: (payload) => console.log(payload.toString()),
	onGap: ({ lostAt, resumedAt }) => console.log(`deaf for ${resumedAt - lostAt} ms: read the state anew`),
});
console.log(await redis.command(publish("news:ioredis", "it works"))); // 1

await redis.close();
