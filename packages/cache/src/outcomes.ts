import type { Parts } from "./parts.ts";

/*
 * What becomes of reads, counted and told in one place.
 */

type Told = Pick<Parts, "counts" | "events">;

export function hit({ counts, events }: Told, key: string, tier: "l1" | "l2", stale: boolean): void {
	if (tier === "l1") counts.l1Hits += 1;
	else counts.l2Hits += 1;
	if (events.wanted) events.emit({ type: "hit", key, tier, stale });
}

export function miss({ counts, events }: Told, key: string): void {
	counts.misses += 1;
	if (events.wanted) events.emit({ type: "miss", key });
}

/** Redis failed, and the caller does without. */
export function l2Failed({ counts, events }: Told, operation: string, error: unknown): void {
	counts.l2Errors += 1;
	if (events.wanted) events.emit({ type: "l2-error", operation, error });
}
