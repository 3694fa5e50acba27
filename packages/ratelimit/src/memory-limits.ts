import type { Account, Algorithm, Operation, Standing } from "./algorithm.ts";
import type { Memory } from "./fallback.ts";

/** A limit of a decision in memory. */
export interface MemoryQuestion {
	readonly limits: MemoryLimits;
	readonly key: string;
	readonly units: number;
	readonly limit: Algorithm;
}

/** A limiter's subjects in memory: a bounded map, the one not seen for longest going first. */
export class MemoryLimits {
	readonly #memory: Memory;
	readonly #accounts = new Map<string, Account>();
	readonly #shares = new WeakMap<Algorithm, Algorithm>();

	constructor(memory: Memory) {
		this.#memory = memory;
	}

	get size(): number {
		return this.#accounts.size;
	}

	shareOf(limit: Algorithm): Algorithm {
		let share = this.#shares.get(limit);
		if (share === undefined) {
			share = limit.share(this.#memory.share);
			this.#shares.set(limit, share);
		}
		return share;
	}

	apply(operation: Operation, key: string, units: number, limit: Algorithm, nowUs: bigint): Standing {
		const account = this.#accounts.get(key) ?? limit.open();
		const standing = account.apply(operation, nowUs, units, this.shareOf(limit));
		this.#accounts.delete(key);
		if (account.idle(nowUs)) return standing;
		this.#accounts.set(key, account);
		if (this.#accounts.size > this.#memory.maxSubjects) {
			const [oldest] = this.#accounts.keys();
			if (oldest !== undefined) this.#accounts.delete(oldest);
		}
		return standing;
	}
}

/** Decides over all of them, all or nothing; nothing if something else denies it. */
export function decideInMemory(
	questions: readonly MemoryQuestion[],
	nowUs: bigint,
	denied: boolean,
): Standing[] {
	const ask = (operation: Operation): Standing[] =>
		questions.map(({ limits, key, units, limit }) => limits.apply(operation, key, units, limit, nowUs));
	const standings = ask("peek");
	const open = !denied && standings.every(({ granted }, i) => granted === questions[i]?.units);
	return open ? ask("limit") : standings.map((standing) => ({ ...standing, granted: 0 }));
}
