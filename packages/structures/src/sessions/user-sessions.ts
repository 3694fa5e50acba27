import type { CommandError } from "@rk/client";
import { destroyOfScript, readScript, type StoredSession } from "./scripts.ts";
import type { ListedSession } from "./session.ts";
import type { SessionTable } from "./session-table.ts";
import { type Entry, SETTLED_MS, type UserIndex } from "./user-index.ts";

interface Found {
	readonly handle: string;
	readonly stored: StoredSession;
}

/** All sessions of a user. */
export class UserSessions<T> {
	readonly #table: SessionTable<T>;
	readonly #index: UserIndex;

	constructor(table: SessionTable<T>, index: UserIndex) {
		this.#table = table;
		this.#index = index;
	}

	/** Those that there are, the newest first; what has ended is taken out of the index. */
	async found(userId: string): Promise<Found[]> {
		const { redis, keys } = this.#table;
		const entries = await this.#index.list(userId);
		const reads = entries.map(({ handle }) => readScript([keys.session(handle)], ["-1", ""]));
		const results = checked(await redis.batch(reads));
		const found: Found[] = [];
		const ended: Entry[] = [];
		for (const [i, entry] of entries.entries()) {
			const stored = results[i] ?? null;
			if (stored?.user === userId) found.push({ handle: entry.handle, stored });
			else if (!entry.young) ended.push(entry);
		}
		await this.#index.prune(userId, ended);
		return found.sort((a, b) => b.stored.createdMs - a.stored.createdMs);
	}

	async list(userId: string): Promise<Array<ListedSession<T>>> {
		const sessions: Array<ListedSession<T>> = [];
		for (const { handle, stored } of await this.found(userId)) {
			const session = this.#table.readable(handle, stored);
			if (session === null) continue;
			const { version: _, ...listed } = session;
			sessions.push({ handle, ...listed });
		}
		return sessions;
	}

	/** Destroys those, and those that are still being made, but for what `except` finds; how many there were. */
	async destroyAll(userId: string, except?: () => Promise<string | undefined>): Promise<number> {
		const entries = await this.#index.list(userId);
		// After the list: where it was rotated in between, what is listed leads there, and is no other session.
		const kept = await except?.();
		return this.#destroy(
			userId,
			entries.map(({ handle }) => handle),
			kept,
		);
	}

	/**
	 * Destroys what the user has too many, those first that have been the user's the longest: a visit of hours that has logged in just
	 * now is the newest. Logins at the same time all see the same order, and so leave the same ones.
	 *
	 * @param entered how many the index has
	 */
	async makeRoom(userId: string, entered: number): Promise<void> {
		const { maxPerUser } = this.#table.options;
		if (entered <= maxPerUser) return;
		const found = await this.found(userId);
		const tooMany = found.sort((a, b) => b.stored.sinceUs - a.stored.sinceUs).slice(maxPerUser);
		await this.#destroy(
			userId,
			tooMany.map(({ handle }) => handle),
		);
	}

	async #destroy(userId: string, handles: readonly string[], except?: string): Promise<number> {
		const { redis, keys } = this.#table;
		const gone: string[] = [];
		let count = 0;
		let left = handles.filter((handle) => handle !== except);
		while (left.length > 0) {
			const destroys = left.map((handle) =>
				destroyOfScript([keys.session(handle)], [userId, String(SETTLED_MS)]),
			);
			const results = checked(await redis.batch(destroys));
			// One of another user's may be on its way to this one: it stays in the index.
			gone.push(...left.filter((_, i) => results[i] !== -1));
			count += results.filter((result) => result === 1).length;
			// Rotated since it was listed: its copy may be in the list or not.
			left = results.filter((result) => typeof result === "string" && result !== except).map(String);
		}
		// After the sessions: an entry too many does no harm, one too few would let a session escape.
		await this.#index.remove(userId, gone);
		return count;
	}
}

function checked<R>(results: ReadonlyArray<R | CommandError>): R[] {
	return results.map((result) => {
		if (result instanceof Error) throw result;
		return result;
	});
}
