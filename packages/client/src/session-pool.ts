import { onAbort } from "./abort-audience.ts";
import { checkInteger, checkKnown, checkMs } from "./check.ts";
import type { OwnLink } from "./driver.ts";
import {
	AbortedError,
	ClosedError,
	type CommandError,
	InvalidArgumentError,
	TimeoutError,
} from "./errors.ts";

/** Connections for sessions. Commands do not use them: they share one connection to each server. */
export interface SessionPoolOptions {
	/** The most at a time, for each master. @default 100 */
	readonly max?: number;
	/** Kept open and idle, from the first session on, so that a burst need not wait. @default 0 */
	readonly minIdle?: number;
	/** More idle ones than this are closed when they come back. @default 50 */
	readonly maxIdle?: number;
	/** An idle one is closed after this time, in milliseconds. @default 300_000 */
	readonly idleMs?: number;
	/** One is not lent again after this age, in milliseconds. @default 1_800_000 */
	readonly lifetimeMs?: number;
	/** How long to wait for a free one, in milliseconds. @default 4_000 */
	readonly acquireTimeoutMs?: number;
}

export const SESSION_DEFAULTS: Required<SessionPoolOptions> = Object.freeze({
	max: 100,
	minIdle: 0,
	maxIdle: 50,
	idleMs: 300_000,
	lifetimeMs: 1_800_000,
	acquireTimeoutMs: 4_000,
});

/** @throws {InvalidArgumentError} */
export function resolveSessionOptions(options: SessionPoolOptions = {}): Required<SessionPoolOptions> {
	checkKnown("sessions", options, Object.keys(SESSION_DEFAULTS));
	const resolved = { ...SESSION_DEFAULTS, ...options };
	checkInteger("sessions.max", resolved.max, 1);
	checkInteger("sessions.minIdle", resolved.minIdle, 0, resolved.max);
	checkInteger("sessions.maxIdle", resolved.maxIdle, 0);
	if (resolved.minIdle > resolved.maxIdle) {
		throw new InvalidArgumentError(
			"sessions.minIdle",
			resolved.minIdle,
			`at most sessions.maxIdle, ${resolved.maxIdle}`,
		);
	}
	checkMs("sessions.idleMs", resolved.idleMs);
	checkMs("sessions.lifetimeMs", resolved.lifetimeMs);
	checkMs("sessions.acquireTimeoutMs", resolved.acquireTimeoutMs);
	return resolved;
}

/** What the pool lends. */
export type Poolable = Pick<OwnLink, "state" | "destroy">;

interface Idle<C> {
	readonly connection: C;
	readonly since: number;
}

interface Claim<C> {
	readonly resolve: (connection: C) => void;
	readonly reject: (error: unknown) => void;
	over: boolean;
}

/** Lends connections one holder at a time, newest first; opens them as they are needed. */
export class SessionPool<C extends Poolable> {
	readonly #open: () => Promise<C>;
	readonly #options: Required<SessionPoolOptions>;
	readonly #born = new Map<C, number>();
	readonly #idle: Array<Idle<C>> = [];
	readonly #claims: Array<Claim<C>> = [];
	#opening = 0;
	#sweeper: NodeJS.Timeout | undefined;
	#closed = false;

	constructor(open: () => Promise<C>, options: Required<SessionPoolOptions>) {
		this.#open = open;
		this.#options = options;
	}

	/** Connections that exist or are being made. */
	get size(): number {
		return this.#born.size + this.#opening;
	}

	/** @throws {TimeoutError} none was free in time; whatever `open` rejects with */
	acquire(timeoutMs: number = this.#options.acquireTimeoutMs, signal?: AbortSignal): Promise<C> {
		if (this.#closed) return Promise.reject(new ClosedError());
		if (signal?.aborted) return Promise.reject(new AbortedError(signal.reason, "not-sent"));
		const idle = this.#takeIdle();
		if (idle !== undefined) return Promise.resolve(idle);
		return new Promise((resolve, reject) => {
			const settle = (): void => {
				claim.over = true;
				clearTimeout(timer);
				offSignal?.();
			};
			const claim: Claim<C> = {
				resolve: (connection) => {
					settle();
					resolve(connection);
				},
				reject: (error) => {
					settle();
					reject(error);
				},
				over: false,
			};
			const give = (error: unknown): void => {
				const at = this.#claims.indexOf(claim);
				if (at >= 0) this.#claims.splice(at, 1);
				claim.reject(error);
			};
			const timer = setTimeout(
				() => give(new TimeoutError("No free connection for a session", timeoutMs, "not-sent")),
				timeoutMs,
			);
			timer.unref();
			const offSignal = signal && onAbort(signal, () => give(new AbortedError(signal.reason, "not-sent")));
			this.#claims.push(claim);
			this.#grow();
		});
	}

	/** Gives it back; one that is not `clean` is destroyed. */
	release(connection: C, clean: boolean): void {
		const born = this.#born.get(connection);
		if (born === undefined) return;
		const tooOld = performance.now() - born >= this.#options.lifetimeMs;
		if (!clean || tooOld || this.#closed || connection.state !== "ready") {
			this.#drop(connection);
			return;
		}
		const claim = this.#claims.shift();
		if (claim !== undefined) {
			claim.resolve(connection);
			return;
		}
		if (this.#idle.length >= this.#options.maxIdle) {
			this.#drop(connection);
			return;
		}
		this.#idle.push({ connection, since: performance.now() });
		this.#sweepLater();
	}

	/** Lends no more: what is idle is destroyed now, and what is lent when it comes back. Who waits gets this error. */
	retire(why: CommandError): void {
		this.#closed = true;
		clearTimeout(this.#sweeper);
		for (const claim of this.#claims.splice(0)) claim.reject(why);
		for (const { connection } of this.#idle.splice(0)) this.#drop(connection);
	}

	/** Destroys every connection, lent ones too, and fails who waits. */
	close(): void {
		this.retire(new ClosedError());
		for (const connection of this.#born.keys()) connection.destroy();
		this.#born.clear();
	}

	#takeIdle(): C | undefined {
		for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
			const born = this.#born.get(idle.connection) ?? 0;
			const tooOld = performance.now() - born >= this.#options.lifetimeMs;
			if (!tooOld && idle.connection.state === "ready") return idle.connection;
			this.#drop(idle.connection);
		}
		return undefined;
	}

	#drop(connection: C): void {
		this.#born.delete(connection);
		connection.destroy();
		this.#grow();
	}

	#grow(): void {
		const spare = Math.max(0, this.#options.minIdle - this.#idle.length);
		if (this.#closed || this.#opening >= this.#claims.length + spare || this.size >= this.#options.max)
			return;
		this.#opening += 1;
		this.#open().then(
			(connection) => {
				this.#opening -= 1;
				if (this.#closed) return connection.destroy();
				this.#born.set(connection, performance.now());
				this.release(connection, true);
			},
			(error: unknown) => {
				this.#opening -= 1;
				const claim = this.#claims.shift();
				if (claim === undefined) return; // a spare one: the next session tries again
				claim.reject(error);
				this.#grow();
			},
		);
		this.#grow();
	}

	#sweepLater(): void {
		if (this.#sweeper !== undefined || this.#closed) return;
		const [first] = this.#idle;
		if (first === undefined || this.#idle.length <= this.#options.minIdle) return;
		const due = first.since + this.#options.idleMs - performance.now();
		this.#sweeper = setTimeout(
			() => {
				this.#sweeper = undefined;
				const [oldest] = this.#idle;
				const expired = oldest !== undefined && performance.now() - oldest.since >= this.#options.idleMs;
				if (expired && this.#idle.length > this.#options.minIdle) {
					this.#idle.shift();
					this.#drop(oldest.connection);
				}
				this.#sweepLater();
			},
			Math.max(1, Math.ceil(due)),
		);
		this.#sweeper.unref();
	}
}
