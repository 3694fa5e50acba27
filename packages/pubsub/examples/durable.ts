import { connect } from "@rk/ioredis";
import { createPubSub } from "@rk/pubsub";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const messages = createPubSub(redis);
const orders = messages.durable("orders", { maxLen: 100_000 });

// The first time it begins with what is published from now on; after that, where it left off.
const before = await orders.subscribe((order) => console.log("shipping", order), { name: "shipping" });
await before.unsubscribe();

await orders.publish("A1"); // while nobody is there
await orders.publish("A2");

const handled = new Promise<void>((resolve) => {
	const handler = (order: unknown): void => {
		console.log("shipping", order);
		if (order === "A2") resolve();
	};
	void orders.subscribe(handler, { name: "shipping", onLoss: ({ count }) => console.log("lost", count) });
});
await handled;
console.log("nothing was missed"); // nothing was missed

await messages.close();
await redis.close();
