import { connect } from "@rk/ioredis";
import { createSessions } from "@rk/structures/sessions";

interface Data {
	readonly cart: readonly string[];
}

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const sessions = createSessions<Data>(redis, { idleMs: 1_800_000, absoluteMs: 43_200_000, maxPerUser: 5 });
const { id } = await sessions.create({ cart: [] }, { userId: "ann" }); // the id is for the cookie
await Promise.all([
	sessions.update(id, ({ cart }) => ({ cart: [...cart, "tea"] })),
	sessions.update(id, ({ cart }) => ({ cart: [...cart, "cup"] })),
]);
console.log((await sessions.get(id))?.data.cart.length); // 2

const rotated = await sessions.rotate(id);
await sessions.destroyUser("ann");
const late = await sessions.update(rotated?.id ?? id, (data) => data).catch((error) => error.code);
console.log(late, await sessions.count("ann")); // RK_SESSION_GONE 0

await redis.close();
