import { LockConfigError, QuorumError } from "./errors.ts";
import { isCode, isTransient } from "./transient.ts";

/** What one of Redlock's servers said. */
export interface NodeVote {
	/** Its place in what `createRedlock` was given. */
	readonly index: number;
	/** `no`: it has another's lock, or none. `pending`: it had not answered when that was decided. */
	readonly vote: "yes" | "no" | "error" | "timeout" | "pending";
	/** Of `error` and `timeout`. */
	readonly error: unknown;
	/** How long it took, or has been asked for, in milliseconds. */
	readonly ms: number;
}

/** Who votes. */
interface Voting {
	readonly index: number;
}

type Ballot<T> = Omit<NodeVote, "index"> & { readonly answer: T | undefined };

/** One question to all servers at once. More than half of them must say yes, whether they are reached or not. */
export class Votes<V extends Voting, T> {
	readonly need: number;
	/** Resolves as soon as nothing that is still to come can change what is said by the fields below. */
	readonly decided: Promise<void>;
	/** Resolves once every server has answered or failed. */
	readonly settled: Promise<unknown>;
	readonly #ballots = new Map<V, Ballot<T>>();
	readonly #asked: number = performance.now();
	#decide: () => void = () => {};

	/** Asks in the order of `voters`. */
	constructor(voters: readonly V[], ask: (voter: V) => Promise<T>, isYes: (answer: T) => boolean) {
		this.need = Math.floor(voters.length / 2) + 1;
		this.decided = new Promise((resolve) => {
			this.#decide = resolve;
		});
		for (const voter of voters)
			this.#ballots.set(voter, { vote: "pending", error: undefined, ms: 0, answer: undefined });
		this.settled = Promise.all(
			voters.map((voter) =>
				ask(voter).then(
					(answer) => this.#count(voter, isYes(answer) ? "yes" : "no", undefined, answer),
					(error: unknown) =>
						this.#count(voter, isCode(error, "RK_TIMEOUT") ? "timeout" : "error", error, undefined),
				),
			),
		);
	}

	/** A majority said yes. */
	get won(): boolean {
		return this.#number(({ vote }) => vote === "yes") >= this.need;
	}

	/** So many said no that there can be no majority. */
	get refused(): boolean {
		return this.#decides(({ vote }) => vote === "no");
	}

	/** So many failed that the others could not be a majority. */
	get broken(): boolean {
		return this.#decides(({ vote }) => vote === "error" || vote === "timeout");
	}

	/** So many said such a thing that it is certain whatever the others say. */
	agreeOn(is: (answer: T) => boolean): boolean {
		return this.#decides(({ answer }) => answer !== undefined && is(answer));
	}

	/** What was answered, without those who failed. */
	get answers(): readonly T[] {
		return [...this.#ballots.values()].flatMap(({ answer }) => (answer === undefined ? [] : [answer]));
	}

	/** Those who have answered otherwise, or not at all, or failed, are left out. */
	whoSaid(answer: T): readonly V[] {
		return [...this.#ballots].flatMap(([voter, ballot]) => (ballot.answer === answer ? [voter] : []));
	}

	voteOf(voter: V): NodeVote["vote"] {
		return this.#ballots.get(voter)?.vote ?? "pending";
	}

	/** Each server's vote as it is now, in the order of the servers. */
	nodes(): readonly NodeVote[] {
		const now = performance.now();
		const votes = [...this.#ballots].map(([{ index }, { vote, error, ms }]) => ({
			index,
			vote,
			error,
			ms: vote === "pending" ? now - this.#asked : ms,
		}));
		return votes.sort((a, b) => a.index - b.index);
	}

	/** Why there is no answer: what is at the keys is no lock, or the servers fail. */
	failure(key: string, problem: string): LockConfigError | QuorumError {
		const nodes = this.nodes();
		if (this.#decides(({ error }) => error instanceof LockConfigError))
			for (const { error } of nodes) if (error instanceof LockConfigError) return error;
		const retryable = !this.#decides(({ error }) => error !== undefined && !isTransient(error));
		return new QuorumError(key, problem, { nodes, need: this.need, retryable });
	}

	#count(voter: V, vote: NodeVote["vote"], error: unknown, answer: T | undefined): void {
		this.#ballots.set(voter, { vote, error, answer, ms: performance.now() - this.#asked });
		const pending = this.#number((ballot) => ballot.vote === "pending");
		if (this.won || this.refused || this.broken || pending === 0) this.#decide();
	}

	#number(is: (ballot: Ballot<T>) => boolean): number {
		let number = 0;
		for (const ballot of this.#ballots.values()) if (is(ballot)) number += 1;
		return number;
	}

	/** So many are so that the others are no majority. */
	#decides(is: (ballot: Ballot<T>) => boolean): boolean {
		return this.#number(is) > this.#ballots.size - this.need;
	}
}
