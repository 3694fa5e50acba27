import type { Errands } from "./errands.ts";
import type { Busy, Claim, LockStore } from "./lock-store.ts";
import type { Stake, Standing } from "./stake.ts";
import { isTransient, mayHaveRun } from "./transient.ts";

/** `granted` to all who are: votes are counted by what is said. */
export type Grant = "granted" | Busy;

/** How servers are asked. */
export interface VoterRules {
	readonly nodeTimeoutMs: number;
	readonly retryMs: number;
	readonly cleanupTimeoutMs: number;
}

/** One of Redlock's servers, as one claim asks it. */
export class Voter {
	readonly index: number;
	readonly #store: LockStore;
	readonly #claim: Claim;
	readonly #rules: VoterRules;
	readonly #errands: Errands;
	readonly #stake: Stake;
	/** The longest that the key was to live. */
	#ttlMs: number;
	/** Settles with the last wish for the lock. */
	#asked: Promise<unknown> = Promise.resolve();
	/** It has said yes. */
	#granted = false;
	/** It may have been given back since it was last asked for, though nobody knows. */
	#ambiguous = false;

	constructor(index: number, store: LockStore, claim: Claim, rules: VoterRules, errands: Errands) {
		this.index = index;
		this.#store = store;
		this.#claim = claim;
		this.#rules = rules;
		this.#errands = errands;
		this.#stake = store.stakeOf(claim.names, claim.token);
		this.#ttlMs = claim.ttlMs;
	}

	/** Asks for the lock, or confirms it; it has the same token each time, so that what is left of an earlier try is no obstacle. */
	ask(ttlMs: number, signal?: AbortSignal): Promise<Grant> {
		const { nodeTimeoutMs: timeoutMs } = this.#rules;
		const call = signal === undefined ? { timeoutMs } : { timeoutMs, signal };
		this.#ambiguous = false;
		const asking = this.#store.ask({ ...this.#claim, ttlMs }, false, call).then((answer) => {
			if (!answer.granted) return answer;
			this.#granted = true;
			return "granted";
		});
		this.#asked = asking.catch(() => {});
		return asking;
	}

	extend(ttlMs: number, timeoutMs: number): Promise<Standing> {
		this.#ttlMs = Math.max(this.#ttlMs, ttlMs);
		return this.#stake.extend(ttlMs, Math.min(timeoutMs, this.#rules.nodeTimeoutMs));
	}

	/**
	 * Gives the lock back, once. A wish that is on its way is waited for: a server that does not know its script yet is sent it a second
	 * time, which could come after this.
	 */
	async release(): Promise<Standing> {
		const { nodeTimeoutMs, cleanupTimeoutMs } = this.#rules;
		await this.#asked;
		try {
			const standing = await this.#stake.release(Math.min(nodeTimeoutMs, cleanupTimeoutMs));
			// An earlier attempt gave it back, after which another may have taken it.
			const givenBack = this.#ambiguous && (standing === "gone" || (standing === "taken" && this.#granted));
			return givenBack ? "held" : standing;
		} catch (error) {
			this.#ambiguous ||= mayHaveRun(error);
			throw error;
		}
	}

	/** Gives the lock back, again and again until the server has answered, or the key has ended by itself. */
	giveBack(): Promise<Standing> {
		const giving = this.#giveBack();
		this.#errands.keep(giving);
		return giving;
	}

	async #giveBack(): Promise<Standing> {
		const { retryMs, cleanupTimeoutMs } = this.#rules;
		const begun = performance.now();
		const longestPauseMs = Math.max(retryMs, this.#ttlMs / 10);
		for (let pauseMs = retryMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
			try {
				return await this.release();
			} catch (error) {
				const longestMs = this.#errands.closed ? cleanupTimeoutMs : this.#ttlMs;
				if (!isTransient(error) || performance.now() - begun >= longestMs) throw error;
			}
			await this.#errands.sleep(pauseMs);
		}
	}
}
