import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { get, type RedisPort, set, unlink } from "@rk/client";
import { check, type Step } from "../step.ts";
import { isOrder, type Order, type Outcome, REQUESTS, type Shop, STOCK, shop } from "./shop.ts";

const ADAPTERS = ["ioredis", "node-redis", "ioredis", "node-redis"];
const BUYERS_EACH = 8;
const BUYERS = ADAPTERS.length * BUYERS_EACH;
const [OLD_PRICE, NEW_PRICE] = [10, 12];
const SALE_MS = 60_000;

/** Four processes, two over each client, sell 40 of an item to 32 buyers who want 128, while its price changes. */
export const flashSale: Step = {
	title: "sells no more than there is, at no price that is no more",
	run: ({ redis, server }) => sell(redis, server.url),
};

async function sell(redis: RedisPort, url: string): Promise<readonly string[]> {
	const id = `rk-sale-${randomUUID().slice(0, 8)}`;
	const store = shop(redis, id);
	try {
		await redis.command(set(store.keys.price, String(OLD_PRICE), { ttlMs: SALE_MS }));
		const orders: Order[] = [];
		await store.feed.subscribe((order) => void (isOrder(order) && orders.push(order)));

		const workers = ADAPTERS.map((adapter, n) => start(url, id, adapter, n * BUYERS_EACH));
		const finished = Promise.all(workers.map(outcomesOf));
		// A quarter is sold at the old price.
		await until(() => orders.length >= STOCK / 4, "the first quarter is sold");
		await redis.command(set(store.keys.price, String(NEW_PRICE), { ttlMs: SALE_MS }));
		await store.cache.delete("price");
		const changedAt = process.hrtime.bigint();

		const outcomes = (await finished).reduce(sum);
		await until(() => orders.length >= STOCK, "the feed has every order");
		return await audit(store, redis, orders, changedAt, outcomes);
	} finally {
		await store.close();
		for await (const keys of redis.scan({ match: `*${id}*` }))
			if (keys.length > 0) await redis.command(unlink(keys));
	}
}

/** What must be true when all is over, whatever the processes did at the same time. */
async function audit(
	store: Shop,
	redis: RedisPort,
	orders: readonly Order[],
	changedAt: bigint,
	outcomes: Readonly<Record<Outcome, number>>,
): Promise<readonly string[]> {
	check(outcomes.bought === STOCK, `${STOCK} are sold, and not ${outcomes.bought}`);
	check((await store.sold.get()) === STOCK, "the counter stands at its cap");
	check(
		orders.every(({ number }, i) => number === i + 1),
		"the feed has each order once, and in order",
	);
	check(outcomes.limited === BUYERS, `each buyer is limited after ${REQUESTS} requests, and none before`);

	const taken = orders.reduce((total, { price }) => total + price, 0);
	check(Number(await redis.command(get(store.keys.revenue))) === taken, "the till has what the orders say");
	const board = await store.buyers.top(BUYERS);
	check(board.reduce((total, { score }) => total + score, 0) === taken, "and so have the buyers together");

	const stale = orders.filter(({ price, askedAt }) => price === OLD_PRICE && BigInt(askedAt) > changedAt);
	check(stale.length === 0, "nobody who asked after the price was changed paid the old one");
	const dear = orders.filter(({ price }) => price === NEW_PRICE).length;
	check(dear > 0 && dear < STOCK, "both prices were paid");

	const visitors = await store.visitors.count(new Date());
	check(Math.abs(visitors - BUYERS) <= 1, `${BUYERS} visitors are counted, and not ${visitors}`);

	const [best] = board;
	return [
		`${outcomes.bought} of ${STOCK} sold, ${outcomes["sold out"]} came too late, ${outcomes.limited} requests were too many`,
		`${STOCK - dear} at ${OLD_PRICE}, ${dear} at ${NEW_PRICE}, ${taken} in the till; nobody paid a price that was no more`,
		`first of the buyers: ${best?.member} with ${best?.score}; ${visitors} visitors; the feed has every order once, in order`,
	];
}

function start(url: string, id: string, adapter: string, first: number): ChildProcess {
	const worker = fileURLToPath(new URL("worker.ts", import.meta.url));
	return fork(worker, [url, id, adapter, String(first), String(BUYERS_EACH)]);
}

async function outcomesOf(worker: ChildProcess): Promise<Record<Outcome, number>> {
	let counts: Record<Outcome, number> | undefined;
	worker.once("message", (message: Record<Outcome, number>) => {
		counts = message;
	});
	const [code] = await once(worker, "exit", { signal: AbortSignal.timeout(SALE_MS) });
	check(code === 0 && counts !== undefined, `a process of the sale ends well, and not with ${code}`);
	return counts;
}

function sum(all: Record<Outcome, number>, each: Record<Outcome, number>): Record<Outcome, number> {
	return {
		bought: all.bought + each.bought,
		limited: all.limited + each.limited,
		"sold out": all["sold out"] + each["sold out"],
	};
}

async function until(condition: () => boolean, what: string): Promise<void> {
	const end = Date.now() + SALE_MS;
	while (!condition()) {
		check(Date.now() < end, what);
		await new Promise((resolve) => setTimeout(resolve, 2));
	}
}
