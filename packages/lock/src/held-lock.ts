import type { Alarm } from "./alarms.ts";
import { type Instant, instant } from "./clock.ts";
import { LockConfigError, LockLostError, LockNotHeldError, type LossReason } from "./errors.ts";
import type { Holdings } from "./holdings.ts";
import { checkTtl, Lease, validityMs } from "./lease.ts";
import type { Lock, LockJson } from "./lock.ts";
import { pause } from "./pause.ts";
import type { Stake, Standing } from "./stake.ts";
import { isTransient, mayHaveRun } from "./transient.ts";

/** The end was noticed so much after it came that the process must have stood still, in milliseconds. */
const PAUSED_MS = 50;
/** In so many turns of a time to live the extensions of all locks are sent: what a turn costs hardly depends on how many there are. */
const TURNS = 60;
/** The longest time that a port takes for a deadline. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** What a lock was given when it was granted. */
export interface Granted {
	readonly key: string;
	readonly token: string;
	readonly fence: bigint | undefined;
	readonly meta: string;
	readonly ttlMs: number;
	/** A moment before the command was sent that was granted. */
	readonly since: Instant;
	/** When that was known. */
	readonly at: Instant;
}

/** A lock in the hands of its holder. It knows nothing of where the lock is kept: that is its {@link Stake}. */
export class HeldLock implements Lock {
	readonly key: string;
	readonly token: string;
	readonly #fence: bigint | undefined;
	readonly #meta: string;
	readonly #stake: Stake;
	readonly #holdings: Holdings;
	readonly #grantedAt: number;
	readonly #lease: Lease;
	#ttlMs: number;
	#state: "held" | "lost" | "released" | "detached" = "held";
	#loss: LockLostError | undefined;
	#abort: AbortController | undefined;
	#lost: Promise<LockLostError> | undefined;
	#onLost: ((error: LockLostError) => void) | undefined;
	#releasing: Promise<void> | undefined;
	#alarm: Alarm | undefined;
	/** When the server is to be asked next, by the monotonic clock; `Infinity` without a watchdog. */
	#askAt = Number.POSITIVE_INFINITY;
	#asking = false;
	#failures = 0;
	/** What it is called when the server does not have it; while set, the server is asked even without a watchdog. */
	#doubt: LossReason | undefined;

	constructor(granted: Granted, stake: Stake, holdings: Holdings) {
		this.key = granted.key;
		this.token = granted.token;
		this.#fence = granted.fence;
		this.#meta = granted.meta;
		this.#ttlMs = granted.ttlMs;
		this.#stake = stake;
		this.#holdings = holdings;
		this.#grantedAt = granted.since.monotonicMs;
		this.#lease = new Lease(granted.since, validityMs(granted.ttlMs, holdings.rules.drift));
		holdings.add(this);
		this.#planExtension(granted.since.monotonicMs);
		this.#arm(granted.at);
	}

	get fence(): bigint {
		if (this.#fence === undefined)
			throw new LockConfigError(
				this.key,
				'it has no fence, as always with `fencing: false`, `layout: "plain"` or Redlock',
			);
		return this.#fence;
	}

	get signal(): AbortSignal {
		this.#check();
		if (this.#abort === undefined) {
			this.#abort = new AbortController();
			if (this.#loss !== undefined) this.#abort.abort(this.#loss);
		}
		return this.#abort.signal;
	}

	get lost(): Promise<LockLostError> {
		this.#check();
		this.#lost ??= new Promise((resolve) => {
			if (this.#loss === undefined) this.#onLost = resolve;
			else resolve(this.#loss);
		});
		return this.#lost;
	}

	get validUntil(): number {
		if (this.#loss !== undefined) return this.#loss.validUntil;
		const now = this.#now();
		return now.wallMs + this.#lease.remainingMs(now);
	}

	remaining(): number {
		return this.#check() ? Math.max(0, this.#leftMs()) : 0;
	}

	isHeld(): boolean {
		return this.#check();
	}

	throwIfLost(): void {
		this.#check();
		if (this.#loss !== undefined) throw this.#loss;
	}

	async extend(ttlMs: number = this.#ttlMs): Promise<void> {
		checkTtl(ttlMs, this.#holdings.rules.drift);
		for (;;) {
			if (!this.#check()) throw this.#notHeld();
			const since = this.#now();
			try {
				const standing = await this.#stake.extend(ttlMs, this.#timeoutMs(this.#leftMs()));
				this.#ttlMs = ttlMs;
				if (!this.#answered(standing, since, ttlMs, "deleted")) throw this.#notHeld();
				return;
			} catch (error) {
				if (!isTransient(error) || !this.#check()) throw error;
				await pause(Math.min(this.#holdings.rules.retryMs, this.#leftMs()));
			}
		}
	}

	release(): Promise<void> {
		this.#releasing ??= this.#giveBack();
		return this.#releasing;
	}

	detach(): LockJson {
		if (!this.#check()) throw this.#notHeld();
		this.#end("detached");
		return this.toJSON();
	}

	toJSON(): LockJson {
		return {
			key: this.key,
			token: this.token,
			fence: this.#fence === undefined ? null : String(this.#fence),
			meta: this.#meta,
			ttlMs: this.#ttlMs,
		};
	}

	async [Symbol.asyncDispose](): Promise<void> {
		if (this.#state === "detached") return;
		try {
			await this.release();
		} catch (error) {
			this.#holdings.events.emit({ type: "release-failed", key: this.key, error });
		}
	}

	/** Asks the server at once whether the lock is still there; `reason` is what its loss is called. */
	verify(reason: LossReason): void {
		if (!this.#check()) return;
		this.#doubt = reason;
		if (!this.#asking) void this.#ask();
	}

	/** It is not held any more, whatever comes. */
	lose(reason: LossReason, note?: string): void {
		if (this.#state !== "held") return;
		const { clock } = this.#holdings.rules;
		const facts = { reason, at: clock.wallMs(), validUntil: this.validUntil };
		this.#end("lost");
		this.#loss = new LockLostError(this.key, facts, note === undefined ? {} : { note });
		this.#abort?.abort(this.#loss);
		this.#onLost?.(this.#loss);
		if (this.#holdings.events.wanted)
			this.#holdings.events.emit({ type: "lost", key: this.key, error: this.#loss });
	}

	/** Compares the clocks; false once it is not held any more. */
	#check(): boolean {
		if (this.#state !== "held") return false;
		const remainingMs = this.#leftMs();
		if (remainingMs > 0) return true;
		this.lose(remainingMs < -PAUSED_MS ? "paused" : "expired");
		return false;
	}

	#now(): Instant {
		return instant(this.#holdings.rules.clock);
	}

	#leftMs(): number {
		return this.#lease.remainingMs(this.#now());
	}

	#end(state: "lost" | "released" | "detached"): void {
		this.#state = state;
		this.#holdings.delete(this);
		if (this.#alarm !== undefined) this.#holdings.alarms.delete(this.#alarm);
		this.#alarm = undefined;
	}

	/** The deadline does not depend on the server: the alarm rings when the validity ends, though an extension hangs. */
	#arm(now: Instant): void {
		const { alarms } = this.#holdings;
		if (this.#alarm !== undefined) alarms.delete(this.#alarm);
		const toEnd = this.#lease.remainingMs(now);
		const toAsking = this.#asking ? Number.POSITIVE_INFINITY : this.#askAt - now.monotonicMs;
		this.#alarm = alarms.add(Math.max(0, Math.min(toEnd, toAsking)), this.#ring);
	}

	readonly #ring = (): void => {
		this.#alarm = undefined;
		if (!this.#check()) return;
		const now = this.#now();
		if (!this.#asking && now.monotonicMs >= this.#askAt) void this.#ask();
		else this.#arm(now);
	};

	/** Extends the lock, or without a watchdog only looks. Never rejects. */
	async #ask(): Promise<void> {
		const { events } = this.#holdings;
		const since = this.#now();
		const ttlMs = this.#mayExtend(since.monotonicMs) ? this.#ttlMs : 1;
		const doubt = this.#doubt;
		this.#doubt = undefined;
		this.#asking = true;
		this.#arm(since);
		try {
			const timeoutMs = this.#timeoutMs(Math.min(this.#ttlMs / 6, this.#lease.remainingMs(since)));
			const standing = await this.#stake.extend(ttlMs, timeoutMs);
			this.#asking = false;
			if (!this.#answered(standing, since, ttlMs, doubt ?? "deleted")) return;
			if (this.#doubt === undefined) return;
			void this.#ask(); // the connection was lost and made anew meanwhile
		} catch (error) {
			this.#asking = false;
			if (!this.#check()) return;
			this.#failures += 1;
			this.#doubt ??= doubt;
			const now = this.#now();
			if (this.#doubt !== undefined || this.#askAt !== Number.POSITIVE_INFINITY)
				this.#askAt = now.monotonicMs + this.#backoffMs();
			this.#arm(now);
			if (events.wanted) events.emit({ type: "extend-failed", key: this.key, error });
		}
	}

	/** What the server said; true if the lock is held. A loss is not undone by an answer that comes after it. */
	#answered(standing: Standing, since: Instant, ttlMs: number, lossReason: LossReason): boolean {
		if (!this.#check()) return false;
		if (standing !== "held") {
			this.lose(lossBy(standing, lossReason));
			return false;
		}
		this.#failures = 0;
		const now = this.#now();
		this.#lease.renew(since, validityMs(ttlMs, this.#holdings.rules.drift), now);
		this.#planExtension(since.monotonicMs);
		this.#arm(now);
		const { events } = this.#holdings;
		if (events.wanted) events.emit({ type: "extended", key: this.key, validUntil: this.validUntil });
		return true;
	}

	/** After a third of its time to live, a little sooner or later, but in one turn with others, with which it shares a script. */
	#planExtension(now: number): void {
		this.#askAt = Number.POSITIVE_INFINITY;
		if (!this.#mayExtend(now)) return;
		const due = now + (this.#ttlMs / 3) * (0.9 + 0.2 * this.#holdings.rules.random());
		const turnMs = this.#ttlMs / TURNS;
		this.#askAt = Math.ceil(due / turnMs) * turnMs;
	}

	#mayExtend(now: number): boolean {
		const { watchdog, maxHoldMs } = this.#holdings.rules;
		return watchdog && now - this.#grantedAt < maxHoldMs;
	}

	#backoffMs(): number {
		const { retryMs, random } = this.#holdings.rules;
		const longest = Math.max(retryMs, this.#ttlMs / 10);
		return Math.min(longest, retryMs * 2 ** Math.min(this.#failures - 1, 20)) * (0.5 + 0.5 * random());
	}

	#timeoutMs(ms: number): number {
		return Math.min(Math.max(Math.ceil(ms), 1), LONGEST_TIMEOUT_MS);
	}

	#notHeld(): LockNotHeldError {
		if (this.#state === "released" || this.#state === "detached")
			return new LockNotHeldError(this.key, this.#state);
		const reason = this.#loss?.reason === "stolen" || this.#loss?.reason === "forced" ? "taken" : "expired";
		return new LockNotHeldError(this.key, reason, { cause: this.#loss });
	}

	async #giveBack(): Promise<void> {
		const { rules, events, errands } = this.#holdings;
		errands.begin();
		try {
			const held = this.#check();
			if (this.#state === "detached") throw this.#notHeld();
			// close() takes a lock from its holder, but leaves it in Redis.
			const ours = held || (this.#loss?.reason === "closed" && this.#leftMs() > 0);
			if (held) this.#end("released");
			const begun = rules.clock.monotonicMs();
			let now = begun;
			for (let ambiguous = false; ; now = rules.clock.monotonicMs()) {
				const leftMs = begun + rules.cleanupTimeoutMs - now;
				let standing: Standing;
				try {
					standing = await this.#stake.release(this.#timeoutMs(leftMs));
				} catch (error) {
					// Of a lost lock there is nothing to give back: one attempt is enough. So is none that would have no time for its reply.
					const over = rules.clock.monotonicMs() - begun + 2 * rules.retryMs > rules.cleanupTimeoutMs;
					if (!ours || !isTransient(error) || over) throw error;
					ambiguous ||= mayHaveRun(error);
					await pause(rules.retryMs);
					continue;
				}
				// An earlier attempt whose reply was lost gave it back, while it was still ours.
				if (standing !== "held" && !ambiguous) {
					const cause = this.#loss === undefined ? {} : { cause: this.#loss };
					throw new LockNotHeldError(this.key, standing === "taken" ? "taken" : "expired", cause);
				}
				if (events.wanted) {
					const holdMs = rules.clock.monotonicMs() - this.#grantedAt;
					events.emit({ type: "released", key: this.key, holdMs });
				}
				return;
			}
		} finally {
			errands.done();
		}
	}
}

/** What a loss is called; `gone` by him who asked. */
function lossBy(standing: Exclude<Standing, "held">, gone: LossReason): LossReason {
	if (standing === "gone") return gone;
	return standing === "taken" ? "stolen" : "quorum";
}
