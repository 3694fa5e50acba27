/** A process of the sale: some buyers, who all want as much as they may have. Started by {@link flashSale}. */
import { connect as overIoredis } from "@rk/ioredis";
import { connect as overNodeRedis } from "@rk/node-redis";
import { buy, type Outcome, REQUESTS, shop } from "./shop.ts";

const [url = "", id = "", adapter = "", first = "0", count = "0"] = process.argv.slice(2);

await using redis = await (adapter === "ioredis" ? overIoredis : overNodeRedis)({ url });
const store = shop(redis, id);
const counts: Record<Outcome, number> = { bought: 0, limited: 0, "sold out": 0 };

await Promise.all(
	Array.from({ length: Number(count) }, async (_, n) => {
		const buyer = `buyer-${Number(first) + n}`;
		await store.visitors.record(buyer);
		const { id: session } = await store.sessions.create({ orders: [] }, { userId: buyer });
		// Once more than is allowed: the last one must be turned away.
		for (let request = 0; request <= REQUESTS; request++)
			counts[await buy(store, redis, buyer, session)] += 1;
	}),
);
await store.close();
process.send?.(counts);
process.disconnect?.();
