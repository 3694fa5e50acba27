import {
	type CommandTarget,
	decrby,
	get,
	hashTag,
	incrby,
	makeKey,
	type RedisPort,
	set,
	transact,
} from "@rk/client";
import { check, type Step } from "../step.ts";

class InsufficientFundsError extends Error {
	override readonly name = "InsufficientFundsError";
	readonly missing: number;

	constructor(missing: number) {
		super(`The account is short of ${missing}`);
		this.missing = missing;
	}
}

async function balance(target: CommandTarget, account: string): Promise<number> {
	return Number(await target.command(get(account)));
}

/** Moves money if there is enough, whatever others do to the accounts meanwhile. */
async function move(redis: RedisPort, from: string, to: string, amount: number): Promise<void> {
	await transact(
		redis,
		[from, to],
		async (session) => {
			const missing = amount - (await balance(session, from));
			if (missing > 0) throw new InsufficientFundsError(missing);
			return [decrby(from, amount), incrby(to, amount)];
		},
		{ retries: 100 },
	);
}

export const transfer: Step = {
	title: "moves money without losing any",
	async run({ redis, prefix }) {
		// One hash tag: accounts that are used together live together, in a cluster too.
		const accounts = hashTag(...prefix, "accounts");
		const ada = makeKey(accounts, "ada");
		const bob = makeKey(accounts, "bob");
		await redis.batch([set(ada, "100", { ttlMs: 60_000 }), set(bob, "0", { ttlMs: 60_000 })]);

		const attempts = await Promise.allSettled(Array.from({ length: 12 }, () => move(redis, ada, bob, 10)));
		const refused = attempts.filter(({ status }) => status === "rejected");
		const [left, moved] = [await balance(redis, ada), await balance(redis, bob)];

		check(left === 0 && moved === 100, "12 transfers of 10 at a time move the 100 that are there, once");
		for (const attempt of attempts) {
			check(
				attempt.status === "fulfilled" || attempt.reason instanceof InsufficientFundsError,
				"only a lack of money is a reason to refuse",
			);
		}
		check(refused.length === 2, "two of them are refused");
		return [
			`12 transfers of 10 at once: Ada ${left}, Bob ${moved}`,
			`${refused.length} refused: InsufficientFundsError`,
		];
	},
};
