import type { FaultWindow } from "../history.ts";
import { byKey, type Claim } from "./claims.ts";
import type { Finding } from "./finding.ts";

export interface ExclusionRule {
	/** How many may hold one key at a time. */
	readonly limit: number;
	/** How long after a loss of data a holder may not know of it, in milliseconds. */
	readonly noticeMs: number;
}

/** When more than the limit held one key, and which of them. */
export interface Overlap {
	readonly key: string;
	readonly from: number;
	readonly to: number;
	readonly holds: readonly string[];
}

/**
 * Every stretch of time in which more than `limit` libraries said of one key that they hold it. A claim reaches from its
 * grant to the last time its library was asked and said yes; both were noted so that it is never longer than it was said.
 */
export function overlapsOf(claims: readonly Claim[], limit: number): Overlap[] {
	const overlaps: Overlap[] = [];
	for (const [key, of] of byKey(claims)) {
		let open: Claim[] = [];
		for (const claim of of) {
			// One that ends at the very instant another begins was still held at it.
			open = open.filter(({ heldUntil }) => heldUntil >= claim.grantedAt);
			open.push(claim);
			if (open.length <= limit) continue;
			// Until so many of them have ended that the limit is kept.
			const ends = open.map(({ heldUntil }) => heldUntil).sort((a, b) => a - b);
			const to = ends[open.length - limit - 1] ?? claim.grantedAt;
			overlaps.push({ key, from: claim.grantedAt, to, holds: open.map(({ hold }) => hold) });
		}
	}
	return overlaps;
}

/** Overlaps that a loss of data does not excuse. What it does excuse ends when every holder must have noticed. */
export function exclusion(
	overlaps: readonly Overlap[],
	faults: readonly FaultWindow[],
	{ limit, noticeMs }: ExclusionRule,
): Finding[] {
	const losses = faults.filter(({ losesData }) => losesData);
	const isExcused = ({ from, to }: Overlap): boolean =>
		losses.some((loss) => loss.from <= from && to <= loss.to + noticeMs);
	return overlaps
		.filter((overlap) => !isExcused(overlap))
		.map(({ key, from, to, holds }) => ({
			rule: "exclusion",
			at: from,
			message: `${key} was held by ${holds.join(" and ")} for ${(to - from).toFixed(1)} ms; ${limit} at a time`,
		}));
}

/** Locks that were handed out after their time; with nothing left, a lock says itself that it is lost: its process stood still. */
export function expiredGrants(claims: readonly Claim[]): Finding[] {
	return claims
		.filter(({ remainingMs }) => remainingMs !== undefined && remainingMs < 0)
		.map(({ hold, key, grantedAt, remainingMs = 0 }) => ({
			rule: "expired grant",
			at: grantedAt,
			message: `${hold} got ${key} ${(-remainingMs).toFixed(1)} ms after it had run out`,
		}));
}
