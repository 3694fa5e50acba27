import { get } from "@rk/client";
import { connect } from "@rk/ioredis"; // or from "@rk/node-redis": nothing else changes
import { createScripts, defineScript, int, list, optional, tagged } from "@rk/lua";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });

// Once, at module load. KEYS and ARGV are in the order of `keys` and `args`.
const take = defineScript({
	name: "take",
	keys: ["stock", "taken"],
	args: { count: int, ttlMs: optional(int) }, // what is optional and left out is "" to the script
	reply: list(int),
	lua: `
		local left = tonumber(redis.call("GET", KEYS[1]) or "10")
		local count = math.min(left, tonumber(ARGV[1]))
		redis.call("SET", KEYS[1], left - count)
		redis.call("INCRBY", KEYS[2], count)
		if ARGV[2] ~= "" then
			for _, key in ipairs(KEYS) do redis.call("PEXPIRE", key, ARGV[2]) end
		end
		return {count, left - count}`,
});

const scripts = createScripts(redis, { take });
const order = tagged("order", 42); // siblings that share a slot
const keys = { stock: order("stock"), taken: order("taken") };

console.log(await scripts.take(keys, { count: 3, ttlMs: 60_000 })); // [ 3, 7 ]

// The same script in a batch or a transaction is a command among others, in its place.
const [taken, left] = await redis.transaction([take(keys, { count: 100 }), get(keys.stock)]);
console.log(taken, left); // [ 7, 0 ] 0

await scripts.close();
await redis.close();
