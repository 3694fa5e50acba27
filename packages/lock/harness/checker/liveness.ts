import type { FaultWindow } from "../history.ts";
import { type Attempts, byKey, type Claim } from "./claims.ts";
import type { Finding } from "./finding.ts";

export interface LivenessRule {
	/** How long a waiter may wait while nobody holds the lock, in milliseconds. */
	readonly idleMs: number;
	/** How long after a fault nothing is asked, in milliseconds: connections have to come back. */
	readonly recoveryMs: number;
	/** How long a lock stays taken whose holder is gone, in milliseconds. */
	readonly ttlMs: number;
}

/** Waiters that waited, or gave up, although nobody held the lock and nothing was broken. */
export function liveness(
	{ claims, waits }: Attempts,
	faults: readonly FaultWindow[],
	rule: LivenessRule,
): Finding[] {
	const keys = byKey(claims);
	const broken = faults
		.map(({ from, to }) => ({ from, to: to + rule.recoveryMs }))
		.sort((a, b) => a.from - b.from);
	const waited = [
		...claims.map(({ hold, key, askedAt, grantedAt }) => ({ hold, key, askedAt, until: grantedAt })),
		// One that failed was told so: that is an answer, and not a wait. One without an end died with its worker.
		...waits.flatMap(({ hold, key, askedAt, endedAt: until, failed }) =>
			failed || until === undefined ? [] : [{ hold, key, askedAt, until }],
		),
	];
	return waited.flatMap(({ hold, key, askedAt, until }): Finding[] => {
		const free = freeSince(keys.get(key) ?? [], until, rule.ttlMs);
		const from = Math.max(askedAt, free);
		const idle = until - from - brokenIn(broken, from, until);
		if (idle <= rule.idleMs) return [];
		const message = `${hold} waited for ${key} while it was free for ${idle.toFixed(0)} ms`;
		return [{ rule: "liveness", at: from, message }];
	});
}

/** Since when nobody held the key before `until`: given back, or run out by itself. */
function freeSince(claims: readonly Claim[], until: number, ttlMs: number): number {
	let since = Number.NEGATIVE_INFINITY;
	for (const { grantedAt, heldUntil, release } of claims) {
		if (grantedAt >= until) break;
		const end = release?.ok === true ? release.doneAt : heldUntil + ttlMs;
		since = Math.max(since, end);
	}
	return since;
}

/** How much of a stretch of time lies in windows, which may overlap and are in the order of their beginnings. */
function brokenIn(windows: readonly { from: number; to: number }[], from: number, until: number): number {
	let total = 0;
	let counted = from;
	for (const window of windows) {
		const begin = Math.max(window.from, counted);
		const end = Math.min(window.to, until);
		if (end <= begin) continue;
		total += end - begin;
		counted = end;
	}
	return total;
}
