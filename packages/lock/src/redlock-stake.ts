import { Bell } from "./bell.ts";
import { elapsedMs, type Instant, instant } from "./clock.ts";
import type { HoldingRules } from "./holdings.ts";
import { validityMs } from "./lease.ts";
import type { Voter } from "./redlock-voter.ts";
import { Votes } from "./redlock-votes.ts";
import type { Stake, Standing } from "./stake.ts";

/** With this time to live an extension only looks. */
const LOOK_MS = 1;

/** A claim that a majority of servers keeps. */
export class QuorumStake implements Stake {
	readonly #key: string;
	readonly #voters: readonly Voter[];
	readonly #rules: HoldingRules;
	#givingBack: Map<Voter, Promise<Standing>> | undefined;

	constructor(key: string, voters: readonly Voter[], rules: HoldingRules) {
		this.#key = key;
		this.#voters = voters;
		this.#rules = rules;
	}

	/** Servers that do not answer decide nothing: too few that do is an error, and no loss. */
	async extend(ttlMs: number, timeoutMs: number): Promise<Standing> {
		const since = instant(this.#rules.clock);
		const votes = new Votes(this.#voters, (voter) => voter.extend(ttlMs, timeoutMs), isHeld);
		await votes.decided;
		if (votes.won) {
			if (ttlMs > LOOK_MS) void this.#restore(votes, ttlMs, since);
			return "held";
		}
		if (votes.refused) return standingBy(votes);
		throw votes.failure(this.#key, "it is not known whether it could be extended");
	}

	async release(timeoutMs: number): Promise<Standing> {
		this.#givingBack ??= new Map(this.#voters.map((voter) => [voter, voter.giveBack()]));
		const giving = this.#givingBack;
		const votes = new Votes(this.#voters, (voter) => giving.get(voter) ?? voter.giveBack(), isHeld);
		const bell = new Bell();
		void votes.decided.then(bell.ring);
		await bell.sleep(timeoutMs);
		if (votes.won) return "held";
		if (votes.refused) return standingBy(votes);
		throw votes.failure(this.#key, "it is not known whether it could be given back");
	}

	/**
	 * The second phase of an extension: servers that lost the lock, such as one that was restarted empty, get it again. Never before
	 * a majority has confirmed it, which would revive a lock that had expired; nor after it may have ended.
	 */
	async #restore(votes: Votes<Voter, Standing>, ttlMs: number, since: Instant): Promise<void> {
		await votes.settled;
		const { clock, drift } = this.#rules;
		if (this.#givingBack !== undefined || elapsedMs(since, instant(clock)) >= validityMs(ttlMs, drift))
			return;
		for (const voter of votes.whoSaid("gone")) voter.ask(ttlMs).catch(() => {}); // the next extension tries again
	}
}

const isHeld = (standing: Standing): boolean => standing === "held";

/** So many servers do not have it that too few can. */
function standingBy(votes: Votes<Voter, Standing>): Standing {
	if (votes.agreeOn((standing) => standing === "taken")) return "taken";
	return votes.agreeOn((standing) => standing === "gone") ? "gone" : "outvoted";
}
