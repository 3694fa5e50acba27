import { Alarms } from "./alarms.ts";
import type { Clock } from "./clock.ts";
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
	readonly #locks = new Set<HeldLock>();

	constructor(rules: HoldingRules, events: Events) {
		this.rules = rules;
		this.events = events;
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

	/** The lock of this token, or key, was taken from its holder. */
	revoke(by: "token" | "key", value: string, reason: "forced" | "stolen", note?: string): void {
		for (const lock of this.#locks) if (lock[by] === value) lock.lose(reason, note);
	}

	/** Ends all of them for their holders. Their keys stay until their time is over: who works under one must first stop. */
	close(): void {
		for (const lock of [...this.#locks]) lock.lose("closed");
		this.alarms.close();
	}
}
