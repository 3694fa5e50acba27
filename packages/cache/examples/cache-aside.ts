import { createCache } from "@rk/cache";
import { connect } from "@rk/ioredis"; // or from "@rk/node-redis": nothing else changes

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const cache = createCache(redis, { namespace: "shop", ttlMs: 60_000 });

const database = new Map([[42, { id: 42, price: 10 }]]);
const product = (id: number) =>
	cache.getOrLoad(`product:${id}`, () => database.get(id) ?? null, { tags: ["products"] });

console.log(await product(42)); // { id: 42, price: 10 }
console.log(await product(7)); // null

// First the database, then the cache: whatever was being loaded meanwhile, nobody who asks from now on gets the old price.
database.set(42, { id: 42, price: 12 });
await cache.delete("product:42");
console.log(await product(42)); // { id: 42, price: 12 }

// All that carries the tag, however much, with one command.
await cache.invalidateTag("products");

await cache.close();
await redis.close();
