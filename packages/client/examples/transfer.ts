import { decrby, get, hashTag, incrby, makeKey, mget, set, transact } from "@rk/client";
import { connect } from "@rk/ioredis";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });

// The same hash tag puts both accounts into one slot of a cluster.
const ada = makeKey("account", hashTag("bank", 1), "ada");
const bob = makeKey("account", hashTag("bank", 1), "bob");
await redis.batch([set(ada, "100", { ttlMs: 60_000 }), set(bob, "0", { ttlMs: 60_000 })]);

// Runs again if somebody else changes one of the accounts before it writes.
await transact(redis, [ada, bob], async (session) => {
	const balance = Number(await session.command(get(ada)));
	return balance < 30 ? null : [decrby(ada, 30), incrby(bob, 30)];
});
console.log(await redis.command(mget([ada, bob]))); // [ '70', '30' ]

await redis.close();
