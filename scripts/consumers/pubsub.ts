import type { RedisPort } from "@rk/client";
import {
	createPubSub,
	type DurableSubscription,
	type DurableTopic,
	type MessageCounts,
	type MessageGapError,
	type MessageSubscription,
	type PoisonError,
	type PubSub,
	type WithSchema,
} from "@rk/pubsub";

export function make(redis: RedisPort): PubSub {
	return createPubSub(redis, {
		maxQueue: 100,
		overflow: "pause",
		onError: (error, { channel }) => console.log(channel, error),
	});
}

export async function work(
	messages: PubSub,
	schema: WithSchema<{ id: number }>["schema"],
): Promise<MessageCounts> {
	const subscription: MessageSubscription = await messages.subscribe("orders", ({ id }) => id + 1, {
		schema,
		concurrency: 2,
		onPoison: (poison: PoisonError) => console.log(poison.payload.length),
		onGap: (gap: MessageGapError) => console.log(gap.lostAt),
	});
	await messages.psubscribe("order:*", (pattern, channel, message: unknown) => [pattern, channel, message]);
	await messages.publish("orders", { id: 1 }, { sharded: false });
	for await (const { message, channel } of messages.iterate("orders", { schema })) {
		console.log(channel, message.id);
		break;
	}
	await subscription.unsubscribe({ drainMs: 100 });
	return subscription.stats();
}

export async function keep(messages: PubSub): Promise<number> {
	const topic: DurableTopic<unknown, unknown> = messages.durable("orders", { maxLen: 1_000 });
	const id = await topic.publish({ id: 1 });
	const subscription: DurableSubscription = await topic.subscribe(() => {}, { from: id, name: "reports" });
	await subscription.unsubscribe();
	await messages.close();
	return subscription.stats().lost;
}
