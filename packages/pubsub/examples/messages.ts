import { connect } from "@rk/ioredis"; // or from "@rk/node-redis": nothing else changes
import { createPubSub } from "@rk/pubsub";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const messages = createPubSub(redis, { onError: (error, { channel }) => console.error(channel, error) });

// Resolves when the server has confirmed it: what is published from then on is not missed.
const orders = await messages.subscribe(["orders", "returns"], (message, { channel }) => {
	console.log(channel, message); // orders { id: 42 }
});
let arrived = (): void => {};
const arrival = new Promise<void>((resolve) => {
	arrived = resolve;
});
await messages.psubscribe("user:*", (pattern, channel, message) => {
	console.log(pattern, channel, message); // user:* user:7 online
	arrived();
});
await messages.publish("orders", { id: 42 });
await messages.publish("user:7", "online");
await arrival;

console.log(orders.stats().received, orders.stats().dropped); // 1 0
await orders.unsubscribe();

await messages.close();
await redis.close();
