import { connect } from "@rk/ioredis";
import { createPubSub, type WithSchema } from "@rk/pubsub";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const messages = createPubSub(redis);

/** As `z.object({ id: z.number() })` of Zod gives it, or any other library of the Standard Schema kind. */
const schema: WithSchema<{ id: number }>["schema"] = {
	"~standard": {
		version: 1,
		vendor: "example",
		validate: (value) =>
			typeof value === "object" && value !== null && "id" in value && typeof value.id === "number"
				? { value: { id: value.id } }
				: { issues: [{ message: "id must be a number" }] },
	},
};

let arrived = (): void => {};
const arrival = new Promise<void>((resolve) => {
	arrived = resolve;
});
const handler = (order: { id: number }): void => {
	console.log("order", order.id); // order 7
	arrived();
};
const orders = await messages.subscribe("orders", handler, {
	schema,
	onPoison: (poison) => console.log(poison.code, poison.payload.toString()), // its bytes, for a place of their own
	onGap: ({ lostAt, resumedAt }) => console.log(`maybe missed some for ${resumedAt - lostAt} ms`),
});
await messages.publish("orders", { id: "seven" });
await messages.publish("orders", { id: 7 });
await arrival;
await orders.unsubscribe();

const { received, poisoned, dropped } = orders.stats();
console.log(`${received} received, ${poisoned} poison, ${dropped} dropped`); // 2 received, 1 poison, 0 dropped

await messages.close();
await redis.close();
