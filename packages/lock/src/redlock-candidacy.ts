import { ClosedError } from "@rk/client";
import { instant } from "./clock.ts";
import type { Errands } from "./errands.ts";
import {
	LockAbortedError,
	LockBusyError,
	LockCorruptError,
	LockTimeoutError,
	QuorumError,
} from "./errors.ts";
import { HeldLock } from "./held-lock.ts";
import type { Holdings } from "./holdings.ts";
import { isLate } from "./lease.ts";
import type { Busy, Claim } from "./lock-store.ts";
import { QuorumStake } from "./redlock-stake.ts";
import type { Grant, Voter } from "./redlock-voter.ts";
import { Votes } from "./redlock-votes.ts";

/** How long one is ready to stand again. */
export interface Persistence {
	readonly tries: number;
	/** `Infinity`: as long as there are tries. */
	readonly waitMs: number;
	/** What `waitMs` was made of, if it was. */
	readonly deadline: Date | undefined;
	readonly signal: AbortSignal | undefined;
}

/** One call of acquire, from its first vote to its lock or its end. It has one token for all its tries. */
export class Candidacy {
	readonly #claim: Claim;
	readonly #voters: readonly Voter[];
	readonly #persistence: Persistence;
	readonly #holdings: Holdings;
	readonly #errands: Errands;
	readonly #begun: number = performance.now();
	#attempts = 0;
	#votes: Votes<Voter, Grant> | undefined;
	/** What kept the lock away at the last try, if it was not another holder. */
	#failure: unknown;

	constructor(
		claim: Claim,
		voters: readonly Voter[],
		persistence: Persistence,
		holdings: Holdings,
		errands: Errands,
	) {
		this.#claim = claim;
		this.#voters = voters;
		this.#persistence = persistence;
		this.#holdings = holdings;
		this.#errands = errands;
	}

	/** What it rejects with says what kept the lock away at the last try. Nothing is left behind then. */
	async lock(): Promise<HeldLock> {
		this.#errands.begin();
		try {
			for (;;) {
				this.#checkOver();
				const lock = await this.#stand();
				if (lock !== undefined) return lock;
				this.#checkOver();
				const leftMs = this.#persistence.waitMs - this.#waitedMs;
				const passing = !(this.#failure instanceof Error) || isPassing(this.#failure);
				if (!passing || this.#attempts >= this.#persistence.tries || leftMs <= 0) throw this.#inVain();
				await this.#stepBack(leftMs);
			}
		} catch (error) {
			this.#withdraw();
			throw error;
		} finally {
			this.#errands.done();
		}
	}

	get #waitedMs(): number {
		return performance.now() - this.#begun;
	}

	/** Has all servers vote; `undefined`: not elected. */
	async #stand(): Promise<HeldLock | undefined> {
		const { rules, events } = this.#holdings;
		const { names, token, ttlMs, meta } = this.#claim;
		this.#attempts += 1;
		if (events.wanted) events.emit({ type: "attempt", key: names.key });
		const since = instant(rules.clock);
		const { signal } = this.#persistence;
		const votes = new Votes(
			shuffled(this.#voters, rules.random),
			(voter) => voter.ask(ttlMs, signal),
			(grant) => grant === "granted",
		);
		this.#votes = votes;
		await votes.decided;
		this.#checkOver();
		if (votes.won) {
			const at = instant(rules.clock);
			if (!isLate(ttlMs, rules.drift, since, at)) {
				const granted = { key: names.key, token, fence: undefined, meta, ttlMs, since, at };
				return this.#elected(
					new HeldLock(granted, new QuorumStake(names.key, this.#voters, rules), this.#holdings),
				);
			}
			this.#failure = votes.failure(names.key, "the votes came when too little was left of it");
		} else if (votes.broken) this.#failure = votes.failure(names.key, "too few servers could be asked");
		else {
			const rival = rivalIn(votes);
			const corrupt = rival?.ttlMs === -1 && votes.agreeOn(isEternal);
			this.#failure = corrupt ? new LockCorruptError(names.key, rival.holder) : undefined;
			if (events.wanted && rival !== undefined)
				events.emit({ type: "contended", key: names.key, holder: rival.holder, ttlMs: rival.ttlMs });
		}
		return undefined;
	}

	#elected(lock: HeldLock): HeldLock {
		const { events } = this.#holdings;
		if (events.wanted) {
			const [waitMs, attempts] = [this.#waitedMs, this.#attempts];
			events.emit({ type: "acquired", key: lock.key, waitMs, attempts, fence: undefined });
		}
		return lock;
	}

	/**
	 * Gives back the votes that it got, so that another may have them, and those that it may yet get. What a server was sent before
	 * the next try has run before it, so that it does not matter what became of it. The pause is random, since two who always stand
	 * at the same time may split the votes for ever.
	 */
	async #stepBack(leftMs: number): Promise<void> {
		const { retryMs, random } = this.#holdings.rules;
		const { signal } = this.#persistence;
		const givenBack = Promise.allSettled(this.#mayHaveVoted().map((voter) => voter.release()));
		await this.#errands.sleep(Math.min(leftMs, retryMs * (0.5 + random())), signal);
		if (!signal?.aborted && !this.#errands.closed)
			await this.#errands.sleep(Number.POSITIVE_INFINITY, signal, givenBack);
	}

	/** As {@link #stepBack}, until each server has answered. Only close() waits for it. */
	#withdraw(): void {
		const { events } = this.#holdings;
		const { key } = this.#claim.names;
		for (const voter of this.#mayHaveVoted()) {
			const known = this.#votes?.voteOf(voter) === "yes";
			voter.giveBack().then(
				(standing) => {
					if (standing === "held" && !known && events.wanted) events.emit({ type: "orphan-cleaned", key });
				},
				() => {}, // it ends by itself, after its time to live
			);
		}
	}

	/** Who said no has another's lock, and so none of ours. Who failed may have it nevertheless. */
	#mayHaveVoted(): readonly Voter[] {
		const votes = this.#votes;
		return votes === undefined ? [] : this.#voters.filter((voter) => votes.voteOf(voter) !== "no");
	}

	#checkOver(): void {
		const { signal } = this.#persistence;
		if (signal?.aborted) throw new LockAbortedError(this.#claim.names.key, signal.reason);
		if (this.#errands.closed) throw new ClosedError("The locks were closed");
	}

	#inVain(): unknown {
		if (this.#failure !== undefined) return this.#failure;
		const { key } = this.#claim.names;
		const rival = this.#votes === undefined ? undefined : rivalIn(this.#votes);
		if (rival?.ttlMs === -1) return new LockCorruptError(key, rival.holder);
		const { waitMs, deadline } = this.#persistence;
		if (waitMs === 0 && deadline === undefined) return new LockBusyError(key, rival?.holder);
		return new LockTimeoutError(key, this.#waitedMs, this.#attempts, rival?.holder);
	}
}

/** What is at the key will not become a lock by waiting, nor will a missing permission be given. */
function isPassing(failure: Error): boolean {
	return failure instanceof QuorumError && failure.retryable;
}

/** No waiting will end it. */
function isEternal(grant: Grant): boolean {
	return grant !== "granted" && grant.ttlMs === -1;
}

/** The other holder, or he who has most votes of those who are about to be one; of his votes the one that lives longest. */
function rivalIn(votes: Votes<Voter, Grant>): Busy | undefined {
	const rivals = new Map<string, { readonly busy: Busy; readonly number: number }>();
	for (const grant of votes.answers) {
		if (grant === "granted") continue;
		const before = rivals.get(grant.holder);
		const longest = before === undefined || outlives(grant.ttlMs, before.busy.ttlMs) ? grant : before.busy;
		rivals.set(grant.holder, { busy: longest, number: (before?.number ?? 0) + 1 });
	}
	const [first] = [...rivals.values()].sort((a, b) => b.number - a.number);
	return first?.busy;
}

/** −1 is for ever. */
function outlives(ttlMs: number, other: number): boolean {
	return other !== -1 && (ttlMs === -1 || ttlMs > other);
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
	return items
		.map((item) => ({ item, place: random() }))
		.sort((a, b) => a.place - b.place)
		.map(({ item }) => item);
}
