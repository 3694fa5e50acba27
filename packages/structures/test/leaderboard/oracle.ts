import type { Added, AddMode, LeaderboardOptions } from "../../src/leaderboard/index.ts";

interface Held {
	readonly score: number;
	/** When the score was reached. */
	readonly turn: number;
}

interface Entry {
	readonly member: string;
	readonly score: number;
	readonly rank: number;
}

/** A leaderboard as one would write it without Redis: everything is counted anew for every question. */
export class Oracle {
	readonly #options: LeaderboardOptions;
	readonly #held = new Map<string, Held>();
	#turn = 0;

	constructor(options: LeaderboardOptions) {
		this.#options = options;
	}

	add(member: string, given: number, mode: AddMode): Added {
		const { order = "desc", maxSize = Number.POSITIVE_INFINITY } = this.#options;
		const before = this.#held.get(member)?.score;
		const previousRank = this.rank(member);
		let score = given;
		if (before !== undefined) {
			if (mode === "incr") score = before + given;
			const low = mode === "lowest" || (mode === "best" && order === "asc");
			if (low) score = Math.min(before, given);
			else if (mode === "best") score = Math.max(before, given);
		}
		const changed = score !== before;
		if (changed) {
			this.#turn += 1;
			this.#held.set(member, { score, turn: this.#turn });
		}
		this.trim(maxSize);
		return { score, previous: before ?? null, previousRank, rank: this.rank(member), changed };
	}

	remove(members: readonly string[]): number {
		return members.filter((member) => this.#held.delete(member)).length;
	}

	trim(size: number): number {
		const gone = this.#order().slice(size);
		for (const [member] of gone) this.#held.delete(member);
		return gone.length;
	}

	rank(member: string): number | null {
		const held = this.#held.get(member);
		return held === undefined ? null : this.#rankOf(member, held.score);
	}

	score(member: string): number | null {
		return this.#held.get(member)?.score ?? null;
	}

	entries(): Entry[] {
		return this.#order().map(([member, { score }]) => ({ member, score, rank: this.#rankOf(member, score) }));
	}

	#better(a: number, b: number): boolean {
		return this.#options.order === "asc" ? a < b : a > b;
	}

	#rankOf(member: string, score: number): number {
		const scores = [...this.#held.values()].map((held) => held.score);
		const better = scores.filter((other) => this.#better(other, score));
		switch (this.#options.ranking) {
			case "competition":
				return better.length + 1;
			case "modified":
				return scores.filter((other) => !this.#better(score, other)).length;
			case "dense":
				return new Set(better).size + 1;
			default:
				return this.#order().findIndex(([other]) => other === member) + 1;
		}
	}

	#order(): Array<[string, Held]> {
		const { order = "desc", ties = "lex" } = this.#options;
		return [...this.#held].sort(([a, x], [b, y]) => {
			if (x.score !== y.score) return this.#better(x.score, y.score) ? -1 : 1;
			if (ties === "first") return x.turn - y.turn;
			if (ties === "last") return y.turn - x.turn;
			const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
			return order === "desc" ? -bytes : bytes;
		});
	}
}
