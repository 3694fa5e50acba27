import { incrby } from "@rk/client";
import { ioredisPort } from "@rk/ioredis";
import { createCounter, createIdGenerator, createWindowedCounter } from "@rk/structures/counters";
import { connectionsTo } from "../frame/connections.mjs";

/** A counter with its cap and its end beside a bare INCRBY, which has neither; and what ids of a block cost. */
export async function counters(bench, server) {
	const { ioredis, kept, end } = connectionsTo(server);
	try {
		const port = kept(ioredisPort(ioredis()));
		const plain = createCounter(port, { name: "plain" });
		const ending = createCounter(port, { name: "ending", ttlMs: 3_600_000 });
		const windowed = createWindowedCounter(port, { name: "clicks", bucketMs: 1_000, windowMs: 60_000 });
		const ids = createIdGenerator(port, { name: "orders" });
		const raw = "INCRBY";
		const subjects = [
			{ name: raw, operation: () => port.command(incrby("raw", 1)) },
			{ name: "increment", operation: () => plain.increment(), against: raw },
			{
				name: "incrementWithCap, with a TTL",
				operation: () => ending.incrementWithCap(1, 1e9),
				against: raw,
			},
			{ name: "record of a windowed counter", operation: () => windowed.record(), against: raw },
			{ name: "next id, 100 a block", operation: () => ids.next(), against: raw },
		];
		await bench.measure({ name: "counters × 64", subjects, concurrency: 64, operations: 20_000, rounds: 5 });
	} finally {
		await end();
	}
}
