import { connect } from "@rk/ioredis";
import { createPubSub } from "@rk/pubsub";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const messages = createPubSub(redis, { maxQueue: 100, overflow: "drop-newest" });

const ticks = setInterval(() => void messages.publish("ticks", Date.now()), 10);

let seen = 0;
// Subscribes when the loop begins, and unsubscribes when it ends, however it ends.
for await (const { message, channel } of messages.iterate("ticks", { signal: AbortSignal.timeout(60_000) })) {
	seen += 1;
	if (seen === 3) {
		console.log(channel, typeof message); // ticks number
		break;
	}
}
clearInterval(ticks);

await messages.close();
await redis.close();
