import { get, makeKey, set } from "@rk/client";
import { createLocks, fencedWrite } from "@rk/lock";
import { check, type Step } from "../step.ts";

export const lock: Step = {
	title: "lets one in at a time, and refuses a late write of another",
	async run({ redis, connect, server, prefix }) {
		const prefixed = { prefix: `${makeKey(...prefix, "lock")}:`, ttlMs: 5_000 };
		const total = makeKey(...prefix, "total");
		await redis.command(set(total, "0", { ttlMs: 60_000 }));
		await using another = await connect({ url: server.url });
		await using ours = createLocks(redis, prefixed);
		await using theirs = createLocks(another, prefixed);

		// Each reads, waits for the server, and writes what it read plus one: together they would lose some.
		const fences: bigint[] = [];
		await Promise.all(
			Array.from({ length: 20 }, (_, i) =>
				(i % 2 === 0 ? ours : theirs).withLock("total", async (_signal, held) => {
					fences.push(held.fence);
					const read = Number(await redis.command(get(total)));
					await redis.command(set(total, String(read + 1), { ttlMs: 60_000 }));
				}),
			),
		);
		check(
			(await redis.command(get(total))) === "20",
			"20 increments under one lock, over two connections, lose none",
		);
		const rising = fences.every((fence, i) => i === 0 || fence > (fences[i - 1] ?? fence));
		check(rising, "each holder has a higher fence than the one before");

		const [first = 0n, last = 0n] = [fences[0], fences.at(-1)];
		const fenced = makeKey(...prefix, "fenced");
		await fencedWrite(redis, fenced, "by the last", last, { ttlMs: 60_000 });
		const late = await fencedWrite(redis, fenced, "by the first", first, { ttlMs: 60_000 }).catch(
			(error: unknown) => error,
		);
		check(late instanceof Error && late.name === "StaleFenceError", "a holder of the past writes nothing");
		return [
			"20 increments under one lock, over two connections: 20",
			"a late write with an old fence: refused",
		];
	},
};
