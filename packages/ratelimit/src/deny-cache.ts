import type { Denied } from "./decision.ts";

/** No denial is remembered for longer, so that what another process gave back is seen within a second. */
const LONGEST_MS = 1_000;

/** A question on its way to Redis. */
interface Asked {
	/** A denial ends no later than its `retryAfterMs` after that. */
	readonly askedAt: number;
}

interface Entry extends Asked {
	readonly denied: Denied;
	readonly until: number;
}

/**
 * Denials that still hold, so that who keeps asking does not reach Redis: a bounded map, the longest known going first. A denial
 * is for its cost: less may fit, and more has to wait longer.
 */
export class DenyCache {
	readonly #max: number;
	readonly #entries = new Map<string, Entry>();
	/** The first question of each key that is on its way. */
	readonly #asking = new Map<string, Asked>();

	constructor(max: number) {
		this.#max = max;
	}

	get size(): number {
		return this.#entries.size;
	}

	get(key: string, cost: number, now: number): Denied | undefined {
		const entry = this.#entries.get(key);
		if (entry === undefined) return undefined;
		const { denied, askedAt, until } = entry;
		if (now >= until) {
			this.#entries.delete(key);
			return undefined;
		}
		if (cost !== denied.cost || denied.retryAfterMs === null) return undefined;
		const passed = now - askedAt;
		return {
			...denied,
			retryAfterMs: Math.ceil(denied.retryAfterMs - passed),
			resetAfterMs: Math.max(0, Math.ceil(denied.resetAfterMs - passed)),
			source: "deny-cache",
		};
	}

	/** Of two costs of a subject, the smaller is kept: it is the one that is asked for most. */
	add(key: string, denied: Denied, askedAt: number, now: number): void {
		if (denied.retryAfterMs === null) return;
		const known = this.#entries.get(key);
		if (known !== undefined && known.denied.cost < denied.cost && now < known.until) return;
		this.#entries.delete(key);
		this.#entries.set(key, { denied, askedAt, until: askedAt + Math.min(denied.retryAfterMs, LONGEST_MS) });
		if (this.#entries.size <= this.#max) return;
		const [oldest] = this.#entries.keys();
		if (oldest !== undefined) this.#entries.delete(oldest);
	}

	/** A question goes to Redis; its answer is for {@link answered}. */
	ask(key: string, askedAt: number): Asked {
		const asked = { askedAt };
		if (!this.#asking.has(key)) this.#asking.set(key, asked);
		return asked;
	}

	/** Adds the denial, unless the key was forgotten meanwhile: the answer may be from before what was given back. */
	answered(key: string, asked: Asked, denied: Denied | undefined, now: number): void {
		if (this.#asking.get(key) !== asked) return;
		this.#asking.delete(key);
		if (denied !== undefined) this.add(key, denied, asked.askedAt, now);
	}

	forget(key: string): void {
		this.#entries.delete(key);
		this.#asking.delete(key);
	}
}
