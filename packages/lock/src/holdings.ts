import { Alarms } from "./alarms.ts";
import type { Clock } from "./clock.ts";
import type { Errands } from "./errands.ts";
import type { LossReason } from "./errors.ts";
import type { Events } from "./events.ts";
import type { HeldLock } from "./held-lock.ts";
import type { Drift } from "./lease.ts";

/** What all locks of one factory are held by. */
export interface HoldingRules {
	readonly watchdog: boolean;
	readonly maxHoldMs: number;
	readonly drift: Drift;
	readonly cleanupTimeoutMs: number;
	readonly retryMs: number;
	readonly clock: Clock;
	readonly random: () => number;
}

/** The locks that one factory holds at present, and the timer that they share. */
export class Holdings {
	readonly rules: HoldingRules;
	readonly events: Events;
	readonly alarms: Alarms = new Alarms();
	readonly errands: Errands;
	readonly #locks = new Set<HeldLock>();
	#strays = 0;

	constructor(rules: HoldingRules, events: Events, errands: Errands) {
		this.rules = rules;
		this.events = events;
		this.errands = errands;
	}

	add(lock: HeldLock): void {
		this.#locks.add(lock);
	}

	delete(lock: HeldLock): void {
		this.#locks.delete(lock);
	}

	/** Asks for every lock at once whether it is still there; `reason` is what a loss is called. */
	verify(reason: LossReason): void {
		for (const lock of this.#locks) lock.verify(reason);
	}

	/**
	 * Grows with each token that was heard to have lost its lock and that nobody here holds: it may be of a lock whose grant is still on
	 * its way, on another connection.
	 */
	get strays(): number {
		return this.#strays;
	}

	/** The lock of this token, or key, was taken from its holder. */
	revoke(by: "token" | "key", value: string, reason: "forced" | "stolen", note?: string): void {
		let stray = by === "token";
		for (const lock of this.#locks) {
			if (lock[by] !== value) continue;
			stray = false;
			lock.lose(reason, note);
		}
		if (stray) this.#strays += 1;
	}

	/** Ends all of them for their holders. Their keys stay until their time is over: who works under one must first stop. */
	close(): void {
		for (const lock of [...this.#locks]) lock.lose("closed");
		this.alarms.close();
	}
}
