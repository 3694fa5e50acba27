import assert from "node:assert/strict";
import { incr, mget, type RedisPort } from "@rk/client";
import { outcomeOf } from "./expect.ts";
import { freshBump } from "./scripts.ts";

interface Entry {
	/** Each is incremented once, if the operation runs. */
	readonly keys: readonly string[];
	result: "pending" | "done" | "unknown" | "not-sent" | "refused";
}

const bump = freshBump();

/** What a ledger found out when all was over. */
export interface Balance {
	readonly operations: number;
	readonly done: number;
	readonly unknown: number;
	readonly notSent: number;
	/** Acknowledged, and not there any more. */
	readonly lost: number;
}

/**
 * Operations that each increment keys of their own, and what the port said became of each. What really became of it can then
 * be read from the keys: 2 means that it ran twice, and 0 that it did not run.
 */
export class Ledger {
	readonly #entries: Entry[] = [];
	readonly #port: RedisPort;
	readonly #key: (name: string) => string;
	#next = 0;

	/** `key` makes a name into a key, of any slot. */
	constructor(port: RedisPort, key: (name: string) => string) {
		this.#port = port;
		this.#key = key;
	}

	/** One operation of one of five kinds in turn; resolves when it is settled. */
	async operate(timeoutMs?: number): Promise<void> {
		const n = this.#next++;
		const key = this.#key(`{${n}}`);
		const options = timeoutMs === undefined ? undefined : { timeoutMs };
		switch (n % 5) {
			case 0:
				return this.#note([key], async () => [await this.#port.command(incr(key), options)]);
			case 1:
				return this.#note([`${key}a`, `${key}b`], () =>
					this.#port.transaction([incr(`${key}a`), incr(`${key}b`)], options),
				);
			case 2:
				return this.#note([key], async () => [await this.#port.command(bump([key]), options)]);
			case 3:
				return this.#note([`${key}a`, `${key}b`], () =>
					this.#port.transaction([bump([`${key}a`]), incr(`${key}b`)], options),
				);
			default: {
				const keys = [`${key}a`, `${key}b`, `${key}c`];
				const results = await this.#port.batch(
					keys.map((each) => incr(each)),
					options,
				);
				const each = keys.map((one, i) => this.#note([one], async () => [orThrow(results[i])]));
				await Promise.all(each);
			}
		}
	}

	/**
	 * Compares what was said with what happened: nothing ran twice, what ran was said to have run or to be unknown, a transaction
	 * ran whole. @param mayLose a failover may lose what was acknowledged; never else
	 */
	async balance(mayLose: boolean): Promise<Balance> {
		const count = { done: 0, unknown: 0, "not-sent": 0, refused: 0, pending: 0 };
		let lost = 0;
		const values = await this.#values();
		for (const { keys, result } of this.#entries) {
			count[result] += 1;
			const ran = keys.map((key) => values.get(key) ?? 0);
			const said = `${keys[0]} was ${result}, and ran ${ran.join(" and ")} times`;
			assert.ok(
				ran.every((times) => times <= 1),
				said,
			);
			assert.equal(new Set(ran).size, 1, said);
			assert.notEqual(result, "pending", said);
			if (result === "not-sent" || result === "refused") assert.equal(ran[0], 0, said);
			if (result !== "done" || ran[0] === 1) continue;
			assert.ok(mayLose, said);
			lost += 1;
		}
		const operations = this.#entries.length;
		return { operations, done: count.done, unknown: count.unknown, notSent: count["not-sent"], lost };
	}

	async #note(keys: readonly string[], run: () => Promise<readonly unknown[]>): Promise<void> {
		const entry: Entry = { keys, result: "pending" };
		this.#entries.push(entry);
		try {
			const results = await run();
			// Its keys are its own: any other value is the reply to something else, or to a second run.
			assert.deepEqual(
				results,
				keys.map(() => 1),
			);
			entry.result = "done";
		} catch (error) {
			const outcome = outcomeOf(error);
			if (outcome !== "unknown" && outcome !== "not-sent" && outcome !== "refused") throw error;
			entry.result = outcome;
		}
	}

	async #values(): Promise<Map<string, number>> {
		const values = new Map<string, number>();
		const keys = this.#entries.map((entry) => entry.keys);
		for (let i = 0; i < keys.length; i += 2000) {
			const some = keys.slice(i, i + 2000);
			const results = await this.#port.batch(some.map((each) => mget(each)));
			for (const [j, each] of some.entries()) {
				const result = results[j];
				if (!Array.isArray(result)) throw result;
				for (const [l, key] of each.entries()) values.set(key, Number(result[l] ?? 0));
			}
		}
		return values;
	}
}

function orThrow(result: unknown): unknown {
	if (result instanceof Error) throw result;
	return result;
}
