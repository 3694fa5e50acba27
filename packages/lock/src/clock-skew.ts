import { type RedisPort, time } from "@rk/client";
import type { Events } from "./events.ts";

/** A server that takes longer to say the time tells nothing by it, in milliseconds. */
const TIMEOUT_MS = 5_000;

/**
 * Compares the clocks of independent servers once, and says so by an event if they differ by more than `allowedMs`: one of them is
 * not kept right, and a lock ends too early where it is set forward.
 */
export async function checkClocks(
	servers: readonly RedisPort[],
	allowedMs: number,
	events: Events,
): Promise<void> {
	const spans = await Promise.all(servers.map(aheadOfOurs));
	// The reply took its time, so that only so much is certain: the one that is ahead by the most, at least, against the one by the least.
	const most = Math.max(...spans.map(({ least }) => least));
	const least = Math.min(...spans.map(({ most }) => most));
	if (most - least > allowedMs) events.emit({ type: "clock-skew", skewMs: most - least });
}

/** By how much a server's clock is ahead of our monotonic one. One that does not answer may have any. */
async function aheadOfOurs(server: RedisPort): Promise<{ readonly least: number; readonly most: number }> {
	const before = performance.now();
	try {
		const serverMs = await server.command(time(), { timeoutMs: TIMEOUT_MS });
		return { least: serverMs - performance.now(), most: serverMs - before };
	} catch {
		return { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY };
	}
}
