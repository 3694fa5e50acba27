import { createCache } from "@rk/cache";
import { msgpackr } from "@rk/cache/msgpackr";
import { connect } from "@rk/ioredis";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const cache = createCache(redis, { namespace: "define-example", codec: msgpackr });

interface User {
	readonly id: number;
	readonly born: Date;
}

const users = cache.define("user", {
	key: (id: number) => `${id}`,
	load: (id): User => ({ id, born: new Date(Date.UTC(1990, 0, id)) }),
	loadMany: (ids) => ids.map((id) => ({ id, born: new Date(Date.UTC(1990, 0, id)) })),
	ttlMs: 600_000,
});

const user = await users.get(7);
console.log(user.born.getUTCDate()); // 7
console.log((await users.getMany([7, 8, 9])).map(({ id }) => id)); // [ 7, 8, 9 ]

await users.set(7, { id: 7, born: new Date(0) });
console.log((await users.get(7)).born.getTime()); // 0
console.log((await users.refresh(7)).born.getUTCDate()); // 7

await cache.close();
await redis.close();
