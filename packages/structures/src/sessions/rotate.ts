import { MOST_ATTEMPTS } from "./attempts.ts";
import { SessionConflictError } from "./errors.ts";
import { copyScript, replaceScript } from "./scripts.ts";
import type { NewSession } from "./session.ts";
import { handleOf } from "./session-id.ts";
import type { SessionTable } from "./session-table.ts";
import type { UserIndex } from "./user-index.ts";

/**
 * Moves the session at `from` to a new id: a copy at the new id, which nobody knows yet, then a pointer in place of the old one.
 * Wherever it is cut off, one session is the one that its owner has the id of; a copy that nobody has the id of ends by itself, and
 * is in the user's index until then.
 *
 * `null`: there is no session at `from`.
 */
export async function rotate<T>(
	table: SessionTable<T>,
	index: UserIndex,
	from: string,
	id: string,
): Promise<NewSession | null> {
	const { redis, keys, options } = table;
	const to = handleOf(id);
	for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
		const stored = await table.read(from, false);
		if (stored === null) break;
		const { version, data, user } = stored;
		if (user !== "") await index.add(user, to, stored.deadlineMs);
		const times = [stored.idleMs, stored.createdMs, stored.deadlineMs, stored.sinceUs].map(String);
		const copied = await redis.command(
			copyScript([keys.session(to)], [String(version), data, user, ...times]),
		);
		if (copied < 0) break;
		const replaced = await redis.command(
			replaceScript([keys.session(from)], [String(version), to, String(options.graceMs)]),
		);
		if (replaced > 0) {
			if (user !== "") await index.remove(user, [from]);
			return { id, version };
		}
		if (replaced < 0) break;
		if (attempt === MOST_ATTEMPTS - 1) {
			await table.destroy(to);
			throw new SessionConflictError(from, MOST_ATTEMPTS);
		}
	}
	// Destroyed, or rotated by another request, meanwhile: the copy must not outlive it.
	await table.destroy(to);
	return null;
}
