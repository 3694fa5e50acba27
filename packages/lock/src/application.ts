import { TimeoutError } from "@rk/client";
import { type Instant, instant } from "./clock.ts";
import type { Errands } from "./errands.ts";
import { HeldLock } from "./held-lock.ts";
import type { Holdings } from "./holdings.ts";
import { isLate } from "./lease.ts";
import type { Answer, Busy, Claim, LockStore } from "./lock-store.ts";
import { pause } from "./pause.ts";
import { isTransient, mayHaveRun } from "./transient.ts";

/**
 * One call's wish for a lock. It has one token for all its tries, so that asking again after a lost reply finds the lock that
 * was granted, instead of a stranger's.
 */
export class Application {
	readonly claim: Claim;
	readonly #store: LockStore;
	readonly #holdings: Holdings;
	readonly #errands: Errands;
	#attempts = 0;
	/** A try may have been granted without our knowing, or too late. */
	#doubtful = false;

	constructor(claim: Claim, store: LockStore, holdings: Holdings, errands: Errands) {
		this.claim = claim;
		this.#store = store;
		this.#holdings = holdings;
		this.#errands = errands;
	}

	/** How often Redis was asked. */
	get attempts(): number {
		return this.#attempts;
	}

	/**
	 * Asks Redis, and asks again where the reply was lost or came so late that too little was left of the lock.
	 *
	 * @throws {LockConfigError}
	 * @throws {CommandError} no answer within `timeoutMs`
	 */
	async ask(timeoutMs: number, announce: boolean, signal?: AbortSignal): Promise<HeldLock | Busy> {
		const { rules, events } = this.#holdings;
		const { clock, retryMs } = rules;
		let since = instant(clock);
		const begun = since.monotonicMs;
		for (let lost = 0; ; lost++, since = instant(clock)) {
			const leftMs = Math.max(1, timeoutMs - (since.monotonicMs - begun));
			const call = signal === undefined ? { timeoutMs: leftMs } : { timeoutMs: leftMs, signal };
			this.#attempts += 1;
			if (events.wanted) events.emit({ type: "attempt", key: this.claim.names.key });
			let failure: unknown;
			try {
				const { strays } = this.#holdings;
				const answer = this.#judge(await this.#store.ask(this.claim, announce, call), since);
				if (answer instanceof HeldLock && strays !== this.#holdings.strays) answer.verify("deleted");
				if (answer !== "late") return answer;
				failure = new TimeoutError("No lock that had enough of its validity left", timeoutMs, "unknown");
			} catch (error) {
				this.#doubtful ||= mayHaveRun(error);
				if (!mayHaveRun(error) || !isTransient(error)) throw error;
				failure = error;
			}
			const pauseMs = lost > 0 ? retryMs : 0;
			// One more try would have no time for its reply, and hide what was wrong with this one.
			if (clock.monotonicMs() - begun + 2 * pauseMs >= timeoutMs) throw failure;
			await pause(pauseMs);
		}
	}

	/** Sees to it that no lock is left behind by tries whose outcome is not known. Only close() waits for it. */
	withdraw(): void {
		if (this.#doubtful) this.#errands.keep(this.#cleanUp());
	}

	/** `late`: granted, but too little is left of it. */
	#judge(answer: Answer, since: Instant): HeldLock | Busy | "late" {
		const { names, token, ttlMs, meta, steal } = this.claim;
		const { rules, events } = this.#holdings;
		if (!answer.granted) {
			const { ttlMs, holder } = answer;
			if (events.wanted) events.emit({ type: "contended", key: names.key, holder, ttlMs });
			return answer;
		}
		const at = instant(rules.clock);
		if (isLate(ttlMs, rules.drift, since, at)) {
			this.#doubtful = true;
			return "late";
		}
		// A holder of ours is told here: he may not be listening yet.
		if (steal) this.#holdings.revoke("key", names.key, "stolen");
		const granted = { key: names.key, token, fence: answer.fence, meta, ttlMs, since, at };
		return new HeldLock(granted, this.#store.stakeOf(names, token), this.#holdings);
	}

	/**
	 * Commands reach the server in the order in which they were sent on a connection, and a new connection has to be greeted by the
	 * server first: so what was sent before has run before.
	 */
	async #cleanUp(): Promise<void> {
		const { names, token } = this.claim;
		const { rules, events } = this.#holdings;
		const stake = this.#store.stakeOf(names, token);
		const begun = performance.now();
		for (;;) {
			const leftMs = begun + rules.cleanupTimeoutMs - performance.now();
			try {
				const standing = await stake.release(Math.max(1, leftMs));
				if (standing === "held" && events.wanted) events.emit({ type: "orphan-cleaned", key: names.key });
				return;
			} catch (error) {
				if (!isTransient(error) || leftMs <= rules.retryMs) return; // it ends by itself, after its time to live
			}
			await pause(rules.retryMs);
		}
	}
}
