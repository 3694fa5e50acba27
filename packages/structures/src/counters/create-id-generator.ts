import { checkInteger, checkKnown, checkPort, type RedisPort } from "@rk/client";
import { CounterOverflowError, explained, InvalidCounterError } from "./errors.ts";
import { keyOf, MOST } from "./exact.ts";
import { addScript } from "./scripts.ts";

export interface IdGeneratorOptions {
	/**
	 * The last id given out is at the key `ids:<name>`, the name percent-encoded as by `makeKey`, which has no time to live: without it
	 * ids would come again.
	 */
	readonly name: string;
	/**
	 * How many ids are taken from Redis at once. More of them cost fewer round trips; those not used when a process ends are never
	 * given out.
	 * @default 100
	 */
	readonly block?: number;
}

/** Whole numbers that nobody else gets. */
export interface IdGenerator {
	/**
	 * An id, from 1 on, unique as long as Redis keeps its key. The ids of one generator grow; beside others, they are not in the order
	 * in which they are asked for, and there are gaps.
	 *
	 * @throws {CounterOverflowError} they are used up, after 2^53 − 1
	 * @throws {CommandError} Redis gave no block; one that it may have given is lost
	 */
	next(): Promise<number>;
}

/** What the README's table quotes. */
export const ID_GENERATOR_DEFAULTS: Readonly<{ block: number }> = Object.freeze({ block: 100 });

/**
 * Ids from a counter that all processes share, a block at a time.
 *
 * @throws {InvalidArgumentError} an option is not acceptable
 */
export function createIdGenerator(redis: RedisPort, options: IdGeneratorOptions): IdGenerator {
	checkPort("redis", redis);
	checkKnown("", options, ["name", "block"]);
	const { name, block = ID_GENERATOR_DEFAULTS.block } = options;
	const key = keyOf("ids", name);
	checkInteger("block", block, 1, 1_000_000_000);
	let [next, last] = [1, 0];
	let taking: Promise<void> | undefined;

	const take = async (): Promise<void> => {
		try {
			const end = await redis.command(addScript([key], [...[block, 0, MOST].map(String), ""]));
			if (end === "no-counter") throw new InvalidCounterError(key);
			if (typeof end !== "number") throw new CounterOverflowError(key);
			[next, last] = [end - block + 1, end];
		} catch (error) {
			throw explained(error, key);
		} finally {
			taking = undefined;
		}
	};

	return Object.freeze({
		next: async () => {
			while (next > last) {
				taking ??= take();
				await taking;
			}
			return next++;
		},
	});
}
