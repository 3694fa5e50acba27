import type { Driver, OwnLink } from "./driver.ts";
import { ConnectionError } from "./errors.ts";
import { SessionPool, type SessionPoolOptions } from "./session-pool.ts";

/** The pools of a port: one for each master that somebody wanted a session on; outside a cluster there is but one. */
export class SessionPools {
	readonly #driver: Driver;
	readonly #options: Required<SessionPoolOptions>;
	readonly #connectTimeoutMs: number;
	readonly #pools = new Map<string, SessionPool<OwnLink>>();
	/** Of nodes that are no masters any more, until the last session on them is over. */
	readonly #retired = new Set<SessionPool<OwnLink>>();

	constructor(driver: Driver, options: Required<SessionPoolOptions>, connectTimeoutMs: number) {
		this.#driver = driver;
		this.#options = options;
		this.#connectTimeoutMs = connectTimeoutMs;
	}

	/** `undefined`: the one master, outside a cluster. */
	of(node: string | undefined): SessionPool<OwnLink> {
		const known = this.#pools.get(node ?? "");
		if (known !== undefined) return known;
		this.#retire();
		const timeoutMs = this.#connectTimeoutMs;
		const open = (): Promise<OwnLink> =>
			this.#driver.open({ node, protocol: "as-configured", readOnly: false, timeoutMs });
		const pool = new SessionPool(open, this.#options);
		this.#pools.set(node ?? "", pool);
		return pool;
	}

	close(): void {
		for (const pool of [...this.#pools.values(), ...this.#retired]) pool.close();
	}

	/** Nodes that are no longer masters get no sessions. */
	#retire(): void {
		const masters = this.#driver.cluster?.masters();
		if (masters === undefined) return;
		for (const pool of this.#retired) if (pool.size === 0) this.#retired.delete(pool);
		for (const [node, pool] of this.#pools) {
			if (masters.includes(node)) continue;
			pool.retire(new ConnectionError(`${node} is no master any more`, "not-sent"));
			this.#pools.delete(node);
			this.#retired.add(pool);
		}
	}
}
