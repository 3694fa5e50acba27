import type { Event } from "../history.ts";

/** One attempt to get a lock, and what became of it. */
export interface Claim {
	readonly hold: string;
	readonly key: string;
	readonly worker: string;
	readonly askedAt: number;
	readonly grantedAt: number;
	/** The server granted it between this and `grantedAt`. */
	readonly sentFrom: number;
	/** The last instant at which its library said that the lock was held. */
	readonly heldUntil: number;
	readonly fence: bigint | undefined;
	readonly remainingMs: number | undefined;
	readonly release: { readonly at: number; readonly doneAt: number; readonly ok: boolean } | undefined;
}

/** An attempt that got nothing: denied, failed, or (without `endedAt`) still waiting when its worker's history ends. */
interface Wait {
	readonly hold: string;
	readonly key: string;
	readonly worker: string;
	readonly askedAt: number;
	readonly endedAt: number | undefined;
	readonly failed: boolean;
}

export interface Attempts {
	/** In the order of their grants. */
	readonly claims: readonly Claim[];
	readonly waits: readonly Wait[];
}

/** Puts each attempt's entries together. */
export function attemptsOf(events: readonly Event[]): Attempts {
	const byHold = new Map<string, Event[]>();
	for (const event of events) {
		if (!("hold" in event)) continue;
		const of = byHold.get(event.hold);
		if (of === undefined) byHold.set(event.hold, [event]);
		else of.push(event);
	}
	const claims: Claim[] = [];
	const waits: Wait[] = [];
	for (const of of byHold.values()) {
		const ask = find(of, "ask");
		const grant = find(of, "grant");
		if (ask === undefined) throw new Error(`${of[0]?.worker} wrote of an attempt that it did not begin`);
		const { hold, key, worker, at: askedAt } = ask;
		if (grant === undefined) {
			const failed = find(of, "failed");
			const endedAt = failed?.at ?? find(of, "denied")?.at;
			waits.push({ hold, key, worker, askedAt, endedAt, failed: failed !== undefined });
			continue;
		}
		const held = of.filter(({ kind }) => kind === "held");
		claims.push({
			...{ hold, key, worker, askedAt, grantedAt: grant.at, remainingMs: grant.remainingMs },
			sentFrom: Math.min(grant.at, Math.max(askedAt, grant.sentFrom ?? askedAt)),
			heldUntil: held.at(-1)?.at ?? grant.at,
			fence: grant.fence === undefined ? undefined : BigInt(grant.fence),
			release: releaseIn(of),
		});
	}
	claims.sort((a, b) => a.grantedAt - b.grantedAt);
	return { claims, waits };
}

function find<K extends Event["kind"]>(
	events: readonly Event[],
	kind: K,
): Extract<Event, { kind: K }> | undefined {
	const isKind = (event: Event): event is Extract<Event, { kind: K }> => event.kind === kind;
	return events.find(isKind);
}

function releaseIn(events: readonly Event[]): Claim["release"] {
	const release = find(events, "release");
	if (release === undefined) return undefined;
	const released = find(events, "released");
	return { at: release.at, doneAt: released?.at ?? Number.POSITIVE_INFINITY, ok: released?.ok ?? false };
}

/** The claims of each key, in the order of their grants. */
export function byKey(claims: readonly Claim[]): Map<string, Claim[]> {
	const keys = new Map<string, Claim[]>();
	for (const claim of claims) {
		const of = keys.get(claim.key);
		if (of === undefined) keys.set(claim.key, [claim]);
		else of.push(claim);
	}
	return keys;
}
