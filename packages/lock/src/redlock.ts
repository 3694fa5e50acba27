import { ClosedError, checkPort, InvalidArgumentError, type RedisPort } from "@rk/client";
import { checkClocks } from "./clock-skew.ts";
import { Errands } from "./errands.ts";
import { LockBusyError } from "./errors.ts";
import { Events } from "./events.ts";
import { Holdings } from "./holdings.ts";
import { validityMs } from "./lease.ts";
import type { Lock } from "./lock.ts";
import { LockStore } from "./lock-store.ts";
import { plainNames } from "./names.ts";
import {
	checkAcquireOptions,
	checkKey,
	checkTryOptions,
	checkWithLockOptions,
	resolveLocksOptions,
} from "./options.ts";
import { Candidacy, type Persistence } from "./redlock-candidacy.ts";
import {
	REDLOCK_ACQUIRE_OPTIONS,
	REDLOCK_TRY_OPTIONS,
	REDLOCK_WITH_LOCK_OPTIONS,
	type RedlockAcquireOptions,
	type RedlockOptions,
	type RedlockTryOptions,
	type RedlockWithLockOptions,
	type ResolvedRedlockOptions,
	resolveRedlockOptions,
} from "./redlock-options.ts";
import { Voter } from "./redlock-voter.ts";
import { runUnder } from "./with-lock.ts";

/** Locks that a majority of several independent servers keeps. Made by {@link createRedlock}. */
export interface Redlock extends AsyncDisposable {
	/**
	 * Has the servers vote once: the lock, or `null` if others have so many votes that it could not be had.
	 *
	 * @throws {QuorumError} too few servers could be asked
	 * @throws {LockConfigError} what is at the key is no lock of this kind
	 * @throws {LockCorruptError} the key has no expiry
	 */
	tryAcquire(key: string, options?: RedlockTryOptions): Promise<Lock | null>;

	/**
	 * Has the servers vote until it gets the lock: `tries` times, or as often as there is time with `waitMs` or `deadline`, the last
	 * time at its end. The lock has a tenth of its time to live left at least. Failures that pass are waited out as well.
	 *
	 * @throws {LockTimeoutError} others held it to the end
	 * @throws {LockBusyError} others have it, with `waitMs: 0`
	 * @throws {LockAbortedError} `signal` aborted
	 * @throws {QuorumError} too few servers could be asked at the last try
	 * @throws {LockConfigError} what is at the key is no lock of this kind
	 * @throws {LockCorruptError} the keys of a majority have no expiry: at once
	 */
	acquire(key: string, options?: RedlockAcquireOptions): Promise<Lock>;

	/**
	 * As {@link Locks.withLock}.
	 *
	 * @throws {LockLostError} the work ended well, but under a lost lock
	 * @throws as {@link acquire}
	 */
	withLock<T>(
		key: string,
		work: (signal: AbortSignal, lock: Lock) => T | Promise<T>,
		options?: RedlockWithLockOptions,
	): Promise<T>;

	/**
	 * Ends all waiting (`RK_CLOSED`) and watchdogs. Locks that are held are lost to their holders (`closed`); `release()` still gives
	 * them back. Resolves once acquires under way have ended, and what they and failed releases left on servers is given back, after
	 * `cleanupTimeoutMs` at the latest.
	 */
	close(): Promise<void>;
}

/**
 * Locks on several independent servers, by the Redlock algorithm: who has the votes of more than half of them holds the lock. It stays
 * usable, and exclusive, while fewer than half are down, as long as servers' clocks run at the same pace, and none that lost its
 * memory comes back within `ttlMs`. Servers are masters that do not replicate each other; each may be a different adapter's port.
 * There is no fence: `lock.fence` throws.
 *
 * An even number of servers outlasts no more failures than one less, and is warned of (`RK_EVEN_QUORUM`).
 *
 * @throws {InvalidArgumentError}
 * @see https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/#the-redlock-algorithm
 */
export function createRedlock(servers: readonly RedisPort[], options: RedlockOptions = {}): Redlock {
	checkServers(servers);
	const resolved = resolveRedlockOptions(options);
	if (servers.length % 2 === 0) {
		const less = servers.length - 1;
		const warning = `Redlock on ${servers.length} servers outlasts no more failures than on ${less}`;
		process.emitWarning(warning, { type: "RkWarning", code: "RK_EVEN_QUORUM" });
	}
	return new QuorumLocks(servers, resolved);
}

class QuorumLocks implements Redlock {
	readonly #options: ResolvedRedlockOptions;
	readonly #stores: readonly LockStore[];
	readonly #events: Events;
	readonly #holdings: Holdings;
	readonly #errands: Errands = new Errands();
	readonly #offs: ReadonlyArray<() => void>;
	readonly #servers: readonly RedisPort[];
	#used = false;
	#closing: Promise<void> | undefined;

	constructor(servers: readonly RedisPort[], options: ResolvedRedlockOptions) {
		this.#servers = servers;
		this.#options = options;
		this.#events = new Events(options.onEvent);
		this.#holdings = new Holdings(options, this.#events, this.#errands);
		// The value is the token alone, as other programs have it that do Redlock by SET key token NX PX.
		const store = resolveLocksOptions({ prefix: options.prefix, layout: "plain", wait: "poll" });
		this.#stores = servers.map((redis) => new LockStore(redis, store));
		// A server that is back may have lost the lock: the extension gives it one again.
		const changed = (): void => this.#holdings.verify("failover");
		this.#offs = servers.flatMap((redis) => [redis.on("up", changed), redis.on("topology", changed)]);
	}

	async tryAcquire(key: string, options: RedlockTryOptions = {}): Promise<Lock | null> {
		checkKey(key);
		checkTryOptions(options, this.#options.drift, REDLOCK_TRY_OPTIONS);
		try {
			return await this.#stand(key, options, { tries: 1, waitMs: 0, deadline: undefined, signal: undefined });
		} catch (error) {
			if (error instanceof LockBusyError) return null;
			throw error;
		}
	}

	async acquire(key: string, options: RedlockAcquireOptions = {}): Promise<Lock> {
		checkKey(key);
		checkAcquireOptions(options, this.#options.drift, REDLOCK_ACQUIRE_OPTIONS);
		return this.#stand(key, options, this.#persistenceOf(options));
	}

	async withLock<T>(
		key: string,
		work: (signal: AbortSignal, lock: Lock) => T | Promise<T>,
		options: RedlockWithLockOptions = {},
	): Promise<T> {
		checkKey(key);
		if (typeof work !== "function") throw new InvalidArgumentError("work", work, "a function");
		checkWithLockOptions(options, this.#options.drift, REDLOCK_WITH_LOCK_OPTIONS);
		const lock = await this.#stand(key, options, this.#persistenceOf(options));
		return runUnder(lock, work, options.onLost ?? "throw", this.#events);
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
		this.#holdings.close();
		await this.#errands.end(this.#options.cleanupTimeoutMs);
	}

	async #stand(key: string, options: RedlockTryOptions, persistence: Persistence): Promise<Lock> {
		if (this.#closing !== undefined) throw new ClosedError("The locks were closed");
		const { ttlMs = this.#options.ttlMs } = options;
		const names = plainNames(this.#options.prefix, key);
		const claim = { names, token: this.#options.genToken(), ttlMs, meta: "", steal: false };
		const rules = { ...this.#options, nodeTimeoutMs: this.#options.nodeTimeoutMs(ttlMs) };
		const voters = this.#stores.map((store, index) => new Voter(index, store, claim, rules, this.#errands));
		try {
			return await new Candidacy(claim, voters, persistence, this.#holdings, this.#errands).lock();
		} finally {
			this.#lookAtClocks();
		}
	}

	/** After the first vote, so that it does not come before it. */
	#lookAtClocks(): void {
		if (this.#used || !this.#events.wanted || this.#errands.closed) return;
		this.#used = true;
		const { ttlMs, drift } = this.#options;
		this.#errands.keep(checkClocks(this.#servers, ttlMs - validityMs(ttlMs, drift), this.#events));
	}

	#persistenceOf({ waitMs, deadline, signal }: RedlockAcquireOptions): Persistence {
		if (waitMs === undefined && deadline === undefined)
			return { tries: this.#options.tries, waitMs: Number.POSITIVE_INFINITY, deadline, signal };
		const untilDeadline = (deadline?.getTime() ?? 0) - this.#options.clock.wallMs();
		return {
			tries: Number.POSITIVE_INFINITY,
			waitMs: waitMs ?? Math.max(0, untilDeadline),
			deadline,
			signal,
		};
	}
}

function checkServers(servers: readonly RedisPort[]): void {
	const allowed = "an array of ports, each to a server of its own";
	if (!Array.isArray(servers) || servers.length === 0)
		throw new InvalidArgumentError("servers", servers, allowed);
	for (const [index, server] of servers.entries()) {
		checkPort(`servers[${index}]`, server);
		if (servers.indexOf(server) !== index)
			throw new InvalidArgumentError(`servers[${index}]`, server, `${allowed}, and here once`);
	}
}
