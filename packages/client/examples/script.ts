import { defineScript, flag, get, set } from "@rk/client";
import { connect } from "@rk/ioredis";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });

await redis.command(set("token", "mine", { ttlMs: 60_000 }));

const deleteIfEqual = defineScript({
	lua: `return redis.call("GET", KEYS[1]) == ARGV[1] and redis.call("DEL", KEYS[1]) or 0`,
	keys: 1,
	reply: flag, // 1 is true, 0 is false
});
console.log(await redis.command(deleteIfEqual(["token"], ["theirs"]))); // false

// In a transaction, beside other commands, it is a command like any other.
const [deleted, left] = await redis.transaction([deleteIfEqual(["token"], ["mine"]), get("token")]);
console.log(deleted, left); // true null

await redis.close();
