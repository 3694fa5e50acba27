import { get, publish, set } from "@rk/client";
import { connect } from "@rk/node-redis";

const redis = await connect({
	url: process.env["REDIS_URL"] ?? "redis://localhost:6379",
	commandTimeoutMs: 2_000,
});

await redis.command(set("greeting:node-redis", "hello", { ttlMs: 60_000 }));
console.log(await redis.command(get("greeting:node-redis"))); // hello

await redis.subscribe({
	names: ["news:node-redis"],
	onMessage: (payload) => console.log(payload.toString()),
	onGap: ({ lostAt, resumedAt }) => console.log(`deaf for ${resumedAt - lostAt} ms: read the state anew`),
});
console.log(await redis.command(publish("news:node-redis", "it works"))); // 1

await redis.close();
