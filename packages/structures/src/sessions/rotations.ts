import { type Command, RkError } from "@rk/client";
import { MOST_ATTEMPTS } from "./attempts.ts";
import { SessionConflictError } from "./errors.ts";
import { copyScript, followScript, replaceScript } from "./scripts.ts";
import type { NewSession } from "./session.ts";
import { handleOf } from "./session-id.ts";
import type { SessionTable } from "./session-table.ts";
import type { UserIndex } from "./user-index.ts";

/** Those that nobody asks for again are forgotten, the oldest first. */
const MOST_UNSETTLED = 1_000;

/**
 * Moves sessions to new ids: a copy at the new id, which nobody knows yet, then a pointer in place of the old one. Wherever it is cut
 * off, one session is the one that its owner has the id of; a copy that nobody has the id of ends by itself, and is in the user's index
 * until then.
 */
export class Rotations<T> {
	readonly #table: SessionTable<T>;
	readonly #index: UserIndex;
	/** The new id of a session that may have been moved, unheard; by its old handle. Who asks again is given that one. */
	readonly #unsettled = new Map<string, string>();

	constructor(table: SessionTable<T>, index: UserIndex) {
		this.#table = table;
		this.#index = index;
	}

	/** `null`: there is no session at `from`. */
	async rotate(from: string, newId: string): Promise<NewSession | null> {
		const begun = this.#unsettled.get(from);
		if (begun !== undefined) {
			const moved = (await this.#done(from, begun)) ?? (await this.#move(from, begun, false));
			this.#forget(from, begun);
			if (moved !== null) return moved;
		}
		return this.#move(from, newId, true);
	}

	/** What came of a rotation whose end was not heard of; `null`: nothing. */
	async #done(from: string, id: string): Promise<NewSession | null> {
		const { redis, keys } = this.#table;
		const to = handleOf(id);
		const pointer = await redis.command(followScript([keys.session(from)]));
		if (pointer?.to !== to || !pointer.inGrace) return null;
		const copy = await this.#table.read(to, false);
		return copy === null ? null : this.#moved(from, copy.user, { id, version: copy.version });
	}

	async #move(from: string, id: string, isNew: boolean): Promise<NewSession | null> {
		const { keys, options } = this.#table;
		const to = handleOf(id);
		for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
			const stored = await this.#table.read(from, false);
			if (stored === null) break;
			const { version, data, user, idleMs } = stored;
			if (user !== "") await this.#index.add(user, to, stored.deadlineMs);
			const times = [idleMs, stored.createdMs, stored.deadlineMs, stored.sinceUs].map(String);
			const copy = copyScript([keys.session(to)], [String(version), data, user, ...times]);
			const words = [String(version), to, String(options.graceMs), String(idleMs)];
			const replace = replaceScript([keys.session(from)], words);
			let replaced: number;
			try {
				if ((await this.#answered(copy)) < 0) break;
				replaced = await this.#answered(replace).catch((error: unknown) => {
					if (mayHaveRun(error)) this.#remember(from, id);
					throw error;
				});
			} catch (error) {
				// The copy would count as one of the user's. One that the old id may lead to is the session itself.
				if (isNew && this.#unsettled.get(from) !== id) await this.#table.destroy(to).catch(() => {});
				throw error;
			}
			if (replaced > 0) return this.#moved(from, user, { id, version });
			if (replaced < 0) break;
			if (attempt === MOST_ATTEMPTS - 1) {
				await this.#table.destroy(to);
				this.#forget(from, id);
				throw new SessionConflictError(from, MOST_ATTEMPTS);
			}
		}
		// Destroyed, or rotated by another request, meanwhile: the copy must not outlive it.
		await this.#table.destroy(to);
		return null;
	}

	async #moved(from: string, user: string, rotated: NewSession): Promise<NewSession> {
		// An entry too many does no harm, and whoever lists them takes it out; the new id is known to nobody else.
		if (user !== "") await this.#index.remove(user, [from]).catch(() => {});
		return rotated;
	}

	/** What a script says that may be run again; asked once more, if its answer is lost. */
	async #answered(command: Command<number>): Promise<number> {
		const { redis } = this.#table;
		return redis.command(command).catch((error: unknown) => {
			if (!mayHaveRun(error)) throw error;
			return redis.command(command).catch(() => {
				throw error;
			});
		});
	}

	#remember(from: string, id: string): void {
		this.#unsettled.set(from, id);
		const [oldest] = this.#unsettled.keys();
		if (this.#unsettled.size > MOST_UNSETTLED && oldest !== undefined) this.#unsettled.delete(oldest);
	}

	/** Others may have begun meanwhile. */
	#forget(from: string, id: string): void {
		if (this.#unsettled.get(from) === id) this.#unsettled.delete(from);
	}
}

function mayHaveRun(error: unknown): boolean {
	return error instanceof RkError && "outcome" in error && error.outcome === "unknown";
}
