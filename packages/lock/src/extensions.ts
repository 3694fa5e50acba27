import { type RedisPort, UnexpectedReplyError } from "@rk/client";
import { extend } from "./scripts.ts";
import type { Standing } from "./stake.ts";

/** Locks in one script, at most: the server does nothing else meanwhile. */
const MOST = 100;

interface Extension {
	readonly lock: string;
	readonly token: string;
	readonly resolve: (standing: Standing) => void;
	readonly reject: (error: unknown) => void;
}

/** Extensions that go in one script: alike, so that none has its time cut by another. */
interface Group {
	readonly ttlMs: number;
	readonly timeoutMs: number;
	readonly extensions: Extension[];
}

/** Locks that are extended in one turn share a script, since a command for each costs more, here and in the server. */
export class Extensions {
	readonly #redis: RedisPort;
	readonly #groups = new Map<string, Group>();

	constructor(redis: RedisPort) {
		this.#redis = redis;
	}

	/** Sent when this turn is over. */
	extend(lock: string, token: string, ttlMs: number, timeoutMs: number): Promise<Standing> {
		return new Promise((resolve, reject) => {
			if (this.#groups.size === 0) queueMicrotask(this.#flush);
			// In a cluster each has its own: while a slot moves, a script with keys on both sides is told to try again, for as long as that takes.
			const own = this.#redis.topology.kind === "cluster" ? lock : "";
			const alike = `${ttlMs}/${timeoutMs}/${own}`;
			const group = this.#groups.get(alike) ?? { ttlMs, timeoutMs, extensions: [] };
			this.#groups.set(alike, group);
			group.extensions.push({ lock, token, resolve, reject });
			if (group.extensions.length < MOST) return;
			this.#groups.delete(alike);
			void this.#send(group);
		});
	}

	readonly #flush = (): void => {
		for (const group of this.#groups.values()) void this.#send(group);
		this.#groups.clear();
	};

	/** Never rejects. */
	async #send({ ttlMs, timeoutMs, extensions }: Group): Promise<void> {
		const [locks, tokens] = [extensions.map(({ lock }) => lock), extensions.map(({ token }) => token)];
		try {
			const command = extend(locks, [String(ttlMs), ...tokens]);
			const standings = await this.#redis.command(command, { timeoutMs });
			for (const [i, { resolve, reject }] of extensions.entries()) {
				const standing = standings[i] ?? new UnexpectedReplyError("a standing for each lock", null);
				if (standing instanceof Error) reject(standing);
				else resolve(standing);
			}
		} catch (error) {
			for (const { reject } of extensions) reject(error);
		}
	}
}
