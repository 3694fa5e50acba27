import { byKey, type Claim } from "./claims.ts";
import type { Finding } from "./finding.ts";

/** Something that happened on the server at one instant, of which only the bounds are known. */
interface Operation {
	readonly claim: Claim;
	readonly takes: boolean;
	readonly least: number;
	readonly most: number;
}

/**
 * Whether the history of a key can be explained by a lock at all: each grant and each end of a hold happened at one
 * instant between its request and its reply, and in the order of those instants the lock was never taken twice. A release
 * that said "held until now" ends its hold at that instant; a hold without one ends at any time after it was last held.
 *
 * The search is that of Wing and Gong, "Testing and verifying concurrent objects" (1993), with the states that led nowhere
 * remembered (Lowe, 2017). It is exponential at worst, so it is asked about the first `most` grants of a key.
 */
export function mutexModel(claims: readonly Claim[], limit: number, most = 300): Finding[] {
	return [...byKey(claims)].flatMap(([key, of]): Finding[] => {
		const stuck = unexplained(operationsOf(of.slice(0, most)), limit);
		if (stuck === undefined) return [];
		const what = stuck.takes ? "grant" : "end";
		const message = `${key}: no order of grants and ends explains the ${what} of ${stuck.claim.hold}`;
		return [{ rule: "mutex model", at: stuck.claim.grantedAt, message }];
	});
}

function operationsOf(claims: readonly Claim[]): Operation[] {
	return claims
		.flatMap((claim): Operation[] => {
			const { sentFrom, grantedAt, heldUntil, release } = claim;
			const end =
				release?.ok === true
					? { least: release.at, most: release.doneAt }
					: { least: heldUntil, most: Number.POSITIVE_INFINITY };
			return [
				{ claim, takes: true, least: sentFrom, most: grantedAt },
				{ claim, takes: false, ...end },
			];
		})
		.sort((a, b) => a.most - b.most || a.least - b.least);
}

/** The operation that no order gets past, or `undefined` where one order has room for all. */
function unexplained(operations: readonly Operation[], limit: number): Operation | undefined {
	const done = new Set<number>();
	const held = new Set<string>();
	const deadEnds = new Set<string>();
	let furthest = 0;

	const search = (from: number): boolean => {
		let first = from;
		while (done.has(first)) first += 1;
		const next = operations[first];
		// What is left may happen after the history, or never.
		if (next === undefined || next.most === Number.POSITIVE_INFINITY) return true;
		furthest = Math.max(furthest, first);
		const state = `${first}:${[...done].filter((i) => i > first).sort((a, b) => a - b)}`;
		if (deadEnds.has(state)) return false;
		for (const [i, { claim, takes, least }] of operations.entries()) {
			// One that began after `next` was over cannot come before it.
			if (i < first || done.has(i) || least > next.most) continue;
			if (takes ? held.size >= limit : !held.has(claim.hold)) continue;
			done.add(i);
			if (takes) held.add(claim.hold);
			else held.delete(claim.hold);
			if (search(first)) return true;
			done.delete(i);
			if (takes) held.delete(claim.hold);
			else held.add(claim.hold);
		}
		deadEnds.add(state);
		return false;
	};
	return search(0) ? undefined : operations[furthest];
}
