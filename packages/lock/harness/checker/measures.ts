import type { History } from "../history.ts";
import { type Attempts, byKey, type Claim } from "./claims.ts";
import { lostUpdates } from "./fences.ts";

/** What a run is told by beside its findings: counts, and times in milliseconds. */
export interface Measures {
	readonly grants: number;
	readonly denied: number;
	readonly failed: number;
	/** Holds that their library gave up before their holder did. */
	readonly lost: number;
	/** Overlaps, those that a loss of data excuses included. */
	readonly overlaps: number;
	/** Accesses that the fenced register refused. */
	readonly refusedAccesses: number;
	/** Updates lost by a register that does not look at fences. */
	readonly unfencedLostUpdates: number;
	/** From a release to the grant of a waiter in another worker. */
	readonly handOffMs: { readonly p50: number; readonly p99: number; readonly max: number } | undefined;
	/** Grants of the worker with the fewest, and of the one with the most. */
	readonly fewest: number;
	readonly mostGrants: number;
}

export function measure(history: History, { claims, waits }: Attempts, overlaps: number): Measures {
	const perWorker = new Map(history.events.map(({ worker }) => [worker, 0]));
	for (const { worker } of claims) perWorker.set(worker, (perWorker.get(worker) ?? 0) + 1);
	const counts = [...perWorker.values()];
	return {
		grants: claims.length,
		denied: waits.filter(({ failed }) => !failed).length,
		failed: waits.filter(({ failed }) => failed).length,
		lost: history.events.filter(({ kind }) => kind === "lost").length,
		overlaps,
		refusedAccesses: history.accesses.filter(({ fenced, accepted }) => fenced && !accepted).length,
		unfencedLostUpdates: lostUpdates(history.accesses, false).length,
		handOffMs: percentiles(handOffs(claims)),
		fewest: counts.length === 0 ? 0 : Math.min(...counts),
		mostGrants: Math.max(0, ...counts),
	};
}

function handOffs(claims: readonly Claim[]): number[] {
	return [...byKey(claims).values()].flatMap((of) =>
		of.flatMap((claim, i) => {
			const before = of[i - 1];
			if (before?.release?.ok !== true || before.worker === claim.worker) return [];
			const handedOver = claim.askedAt < before.release.at && before.release.at <= claim.grantedAt;
			return handedOver ? [claim.grantedAt - before.release.at] : [];
		}),
	);
}

function percentiles(values: readonly number[]): Measures["handOffMs"] {
	const sorted = values.toSorted((a, b) => a - b);
	const at = (share: number): number =>
		sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
	return sorted.length === 0 ? undefined : { p50: at(0.5), p99: at(0.99), max: at(1) };
}
