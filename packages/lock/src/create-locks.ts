import {
	ClosedError,
	checkKnown,
	checkPort,
	InvalidArgumentError,
	type RedisPort,
	TimeoutError,
} from "@rk/client";
import { Application } from "./application.ts";
import { instant } from "./clock.ts";
import { Errands } from "./errands.ts";
import { LockCorruptError, LockNotHeldError } from "./errors.ts";
import { Events } from "./events.ts";
import { checkEviction } from "./eviction.ts";
import { HeldLock } from "./held-lock.ts";
import { Holdings } from "./holdings.ts";
import { checkTtl, type Drift, isLate } from "./lease.ts";
import type { Lock, LockJson } from "./lock.ts";
import { describe, type LockInfo } from "./lock-info.ts";
import { LockStore } from "./lock-store.ts";
import type { Locks } from "./locks.ts";
import {
	type AcquireOptions,
	checkAcquireOptions,
	checkKey,
	checkTryOptions,
	checkWithLockOptions,
	type LocksOptions,
	type ResolvedLocksOptions,
	resolveLocksOptions,
	type TryOptions,
	type WithLockOptions,
} from "./options.ts";
import { pause } from "./pause.ts";
import { Revocations } from "./revocations.ts";
import { isToken } from "./token.ts";
import { isTransient } from "./transient.ts";
import { Wait } from "./wait-for-lock.ts";
import { WaitingRoom } from "./waiting-room.ts";
import { runUnder } from "./with-lock.ts";

/**
 * Locks for one Redis. At most one holds a lock at a time while the server keeps its data; a failover to a replica that missed the
 * write may grant it twice, so give {@link Lock.fence} along with what you write.
 *
 * @throws {InvalidArgumentError}
 * @see https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/
 */
export function createLocks(redis: RedisPort, options: LocksOptions = {}): Locks {
	checkPort("redis", redis);
	return new RedisLocks(redis, resolveLocksOptions(options));
}

class RedisLocks implements Locks {
	readonly #redis: RedisPort;
	readonly #options: ResolvedLocksOptions;
	readonly #events: Events;
	readonly #store: LockStore;
	readonly #holdings: Holdings;
	readonly #errands: Errands = new Errands();
	readonly #room: WaitingRoom;
	readonly #revocations: Revocations;
	readonly #offs: ReadonlyArray<() => void>;
	#used = false;
	#closing: Promise<void> | undefined;

	constructor(redis: RedisPort, options: ResolvedLocksOptions) {
		this.#redis = redis;
		this.#options = options;
		this.#events = new Events(options.onEvent);
		this.#store = new LockStore(redis, options, (names, listeners) =>
			this.#room.find(names)?.wakeUp?.gaveBack(listeners),
		);
		this.#holdings = new Holdings(options, this.#events, this.#errands);
		this.#room = new WaitingRoom(redis, this.#holdings.alarms, this.#events, options);
		this.#revocations = new Revocations(redis, options.prefix, this.#holdings);
		const changed = (): void => {
			this.#holdings.verify("failover");
			this.#room.tell();
		};
		this.#offs = [redis.on("up", changed), redis.on("topology", changed)];
	}

	async tryAcquire(key: string, options: TryOptions = {}): Promise<Lock | null> {
		checkKey(key);
		checkTryOptions(options, this.#options.drift);
		const application = this.#apply(key, options);
		const begun = performance.now();
		this.#errands.begin();
		try {
			const answer = await application.ask(this.#options.replyTimeoutMs, false);
			if (answer instanceof HeldLock) return this.#acquired(answer, application, begun);
			if (answer.ttlMs === -1) throw new LockCorruptError(key, answer.holder);
			application.withdraw();
			return null;
		} catch (error) {
			application.withdraw();
			throw error;
		} finally {
			this.#errands.done();
		}
	}

	acquire(key: string, options: AcquireOptions = {}): Promise<Lock> {
		return this.#acquire(key, options, checkAcquireOptions);
	}

	async withLock<T>(
		key: string,
		work: (signal: AbortSignal, lock: Lock) => T | Promise<T>,
		options: WithLockOptions = {},
	): Promise<T> {
		if (typeof work !== "function") throw new InvalidArgumentError("work", work, "a function");
		const lock = await this.#acquire(key, options, checkWithLockOptions);
		return runUnder(lock, work, options.onLost ?? "throw", this.#events);
	}

	async adopt(json: LockJson): Promise<Lock> {
		checkJson(json, this.#options);
		this.#errands.begin();
		try {
			return await this.#takeOver(json);
		} finally {
			this.#errands.done();
		}
	}

	async inspect(key: string): Promise<LockInfo> {
		checkKey(key);
		return describe(key, await this.#store.inspect(this.#store.namesOf(key)));
	}

	async isLocked(key: string): Promise<boolean> {
		checkKey(key);
		return (await this.#store.inspect(this.#store.namesOf(key))).ttlMs !== -2;
	}

	async forceRelease(key: string, options: { readonly reason?: string } = {}): Promise<boolean> {
		checkKey(key);
		checkReason(options);
		const { reason = "" } = options;
		const names = this.#store.namesOf(key);
		const released = await this.#store.forceRelease(names, reason);
		// A holder of ours is told here: he may not be listening yet.
		if (released) this.#holdings.revoke("key", key, "forced", reason);
		return released;
	}

	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	async #close(): Promise<void> {
		for (const off of this.#offs) off();
		this.#room.close();
		this.#holdings.close();
		await Promise.all([this.#revocations.close(), this.#errands.end(this.#options.cleanupTimeoutMs)]);
	}

	async #acquire<O extends AcquireOptions>(
		key: string,
		options: O,
		check: (options: O, drift: Drift) => void,
	): Promise<Lock> {
		checkKey(key);
		check(options, this.#options.drift);
		const { waitMs, deadline, signal, retryMs = this.#options.retryMs, steal } = options;
		const untilDeadline =
			deadline === undefined ? Number.POSITIVE_INFINITY : deadline.getTime() - this.#options.clock.wallMs();
		const patience = { waitMs: waitMs ?? Math.max(0, untilDeadline), deadline, signal, retryMs };
		const application = this.#apply(key, options, steal);
		const closed = (): boolean => this.#closing !== undefined;
		const wait = new Wait(application, this.#room, this.#options, patience, closed);
		this.#errands.begin();
		try {
			return this.#acquired(await wait.lock(), application, wait.begun);
		} catch (error) {
			application.withdraw();
			throw error;
		} finally {
			this.#errands.done();
		}
	}

	async #takeOver({ key, token, fence, meta, ttlMs }: LockJson): Promise<HeldLock> {
		const { clock, drift, retryMs } = this.#holdings.rules;
		const stake = this.#store.stakeOf(this.#store.namesOf(key), token);
		const timeoutMs = this.#options.replyTimeoutMs;
		const begun = performance.now();
		for (;;) {
			this.#requireOpen();
			const leftMs = Math.max(1, timeoutMs - (performance.now() - begun));
			const since = instant(clock);
			const { strays } = this.#holdings;
			try {
				const standing = await stake.extend(ttlMs, leftMs);
				if (standing !== "held") throw new LockNotHeldError(key, standing === "taken" ? "taken" : "expired");
				this.#requireOpen();
				const at = instant(clock);
				// Before there is a lock: it would be lost, though nobody ever had it.
				if (isLate(ttlMs, drift, since, at))
					throw new TimeoutError("No answer in time to be of use", timeoutMs, "unknown");
				const number = fence === null ? undefined : BigInt(fence);
				const granted = { key, token, fence: number, meta, ttlMs, since, at };
				const lock = new HeldLock(granted, stake, this.#holdings);
				if (strays !== this.#holdings.strays) lock.verify("deleted");
				return this.#admitted(lock);
			} catch (error) {
				if (!isTransient(error) || performance.now() - begun + 2 * retryMs > timeoutMs) throw error;
			}
			await pause(retryMs);
		}
	}

	#apply(key: string, options: TryOptions, steal = false): Application {
		this.#requireOpen();
		const { ttlMs = this.#options.ttlMs, meta = "" } = options;
		const claim = { names: this.#store.namesOf(key), token: this.#options.genToken(), ttlMs, meta, steal };
		return new Application(claim, this.#store, this.#holdings, this.#errands);
	}

	#acquired(lock: HeldLock, application: Application, begun: number): HeldLock {
		if (this.#closing !== undefined) this.#errands.keep(lock[Symbol.asyncDispose]()); // it came too late to be of use
		this.#requireOpen();
		const { attempts, claim } = application;
		if (this.#events.wanted) {
			const fence = this.#options.fencing ? lock.fence : undefined;
			const waitMs = performance.now() - begun;
			this.#events.emit({ type: "acquired", key: claim.names.key, waitMs, attempts, fence });
		}
		return this.#admitted(lock);
	}

	/** What is done once there are locks: a factory that is never used costs nothing. */
	#admitted(lock: HeldLock): HeldLock {
		if (this.#options.wait === "pubsub") this.#revocations.listen();
		if (this.#used) return lock;
		this.#used = true;
		if (this.#events.wanted) checkEviction(this.#redis, this.#events).catch(() => {}); // only advice
		return lock;
	}

	#requireOpen(): void {
		if (this.#closing !== undefined) throw new ClosedError("The locks were closed");
	}
}

function checkReason(options: { readonly reason?: string }): void {
	checkKnown("", options, ["reason"]);
	const { reason } = options;
	if (reason !== undefined && typeof reason !== "string")
		throw new InvalidArgumentError("reason", reason, "text");
}

/** @throws {InvalidArgumentError} not what {@link Lock.toJSON} gives */
function checkJson(json: LockJson, options: ResolvedLocksOptions): void {
	checkKnown("json", json, ["key", "token", "fence", "meta", "ttlMs"]);
	const { key, token, fence, meta, ttlMs } = json;
	checkKey(key);
	if (!isToken(token)) throw new InvalidArgumentError("json.token", token, "a lock's token");
	if (fence !== null && !(typeof fence === "string" && /^\d+$/.test(fence)))
		throw new InvalidArgumentError("json.fence", fence, "decimal text, or null");
	if (typeof meta !== "string") throw new InvalidArgumentError("json.meta", meta, "text");
	checkTtl(ttlMs, options.drift);
}
