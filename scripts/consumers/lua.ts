import type { Command, CommandError, RedisPort } from "@rk/client";
import {
	compareAndSet,
	createScripts,
	defineScript,
	InsufficientFundsError,
	int,
	LuaError,
	list,
	optional,
	sameSlot,
	tagged,
	text,
	transfer,
} from "@rk/lua";

const take = defineScript({
	name: "take",
	keys: ["stock", "...others"],
	args: { by: int, note: optional(text) },
	reply: list(int),
	lua: "return {1}",
});
const one: Command<number[]> = take({ stock: "s", others: [] }, { by: 1 });

export async function work(redis: RedisPort): Promise<string> {
	const scripts = createScripts(redis, { take, compareAndSet, transfer });
	await scripts.preload();
	const order = tagged("order", 42);
	try {
		const taken: number[] = await scripts.take(
			{ stock: order(), others: [order("x")] },
			{ by: 1, note: "n" },
		);
		const swapped: boolean = await scripts.compareAndSet(
			{ key: "k" },
			{ expected: "a", value: "b" },
			{ timeoutMs: 5 },
		);
		const { from, repeated } = await scripts.transfer({ from: order("a"), to: order("b"), amount: 1 });
		const [result]: [number[] | CommandError] = await redis.batch([one]);
		return `${taken.length} ${swapped} ${from} ${repeated} ${sameSlot([order()])} ${result}`;
	} catch (error) {
		if (error instanceof LuaError) return `${error.file}:${error.line}`;
		return error instanceof InsufficientFundsError ? `${error.balance}` : "";
	} finally {
		await scripts.close();
	}
}
