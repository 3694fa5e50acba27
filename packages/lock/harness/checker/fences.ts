import type { Access } from "../history.ts";
import { byKey, type Claim } from "./claims.ts";
import type { Finding } from "./finding.ts";

/** A later grant of a key has a greater fence. */
export function fenceOrder(claims: readonly Claim[]): Finding[] {
	const findings: Finding[] = [];
	for (const [key, of] of byKey(claims)) {
		const fenced = of.filter((claim): claim is Claim & { fence: bigint } => claim.fence !== undefined);
		const bySending = fenced.toSorted((a, b) => a.sentFrom - b.sentFrom);
		let greatest: (Claim & { fence: bigint }) | undefined;
		let granted = 0;
		for (const claim of bySending) {
			// Only what was granted before this one was asked for is surely earlier.
			for (let next = fenced[granted]; next !== undefined && next.grantedAt < claim.sentFrom; ) {
				if (greatest === undefined || next.fence > greatest.fence) greatest = next;
				granted += 1;
				next = fenced[granted];
			}
			if (greatest !== undefined && greatest.fence >= claim.fence)
				findings.push({
					rule: "fence order",
					at: claim.grantedAt,
					message: `${key}: ${claim.hold} has fence ${claim.fence}, and ${greatest.hold} before it ${greatest.fence}`,
				});
		}
		findings.push(...sharedFences(key, fenced));
	}
	return findings;
}

function sharedFences(key: string, claims: readonly (Claim & { fence: bigint })[]): Finding[] {
	const owners = new Map<bigint, string>();
	return claims.flatMap(({ hold, fence, grantedAt }): Finding[] => {
		const other = owners.get(fence);
		owners.set(fence, hold);
		if (other === undefined) return [];
		return [
			{
				rule: "fence order",
				at: grantedAt,
				message: `${key}: ${other} and ${hold} share the fence ${fence}`,
			},
		];
	});
}

/**
 * The fenced register took nothing of a holder after it had taken something of a later holder. "Later" is by the times of
 * the grants, not by the fences, so that fences in the wrong order do not hide it.
 */
export function staleAccesses(accesses: readonly Access[], claims: readonly Claim[]): Finding[] {
	const claimOf = new Map(claims.map((claim) => [claim.hold, claim]));
	const latest = new Map<string, Claim>();
	return accesses.flatMap((access): Finding[] => {
		const claim = claimOf.get(access.hold);
		if (!access.fenced || !access.accepted || claim === undefined) return [];
		const seen = latest.get(access.key);
		if (seen === undefined || claim.sentFrom > seen.sentFrom) latest.set(access.key, claim);
		if (seen === undefined || claim.grantedAt >= seen.sentFrom) return [];
		return [
			{
				rule: "stale access",
				at: access.at,
				message: `${access.key}: a ${access.kind} of ${claim.hold} was taken after one of its successor ${seen.hold}`,
			},
		];
	});
}

/** Updates that another one overwrote without having read them. */
export function lostUpdates(accesses: readonly Access[], fenced: boolean): Finding[] {
	const values = new Map<string, number>();
	return accesses.flatMap((access): Finding[] => {
		if (access.fenced !== fenced || access.kind !== "write" || !access.accepted) return [];
		const before = values.get(access.key) ?? 0;
		values.set(access.key, access.value);
		if (access.value === before + 1) return [];
		return [
			{
				rule: "lost update",
				at: access.at,
				message: `${access.key}: ${access.hold} wrote ${access.value} where ${before} stood`,
			},
		];
	});
}
