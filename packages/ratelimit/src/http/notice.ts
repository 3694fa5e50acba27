import type { Decision } from "../decision.ts";

/** What a response tells of one policy. */
export interface Notice {
	/** The name of the policy. */
	readonly policy: string;
	/** How much the policy allows at once. */
	readonly quota: number;
	/** In which time that much comes back. */
	readonly windowMs: number;
	/** What is counted, where that is not requests. */
	readonly unit: string | undefined;
	/** Whose quota it is, as the client may know it. */
	readonly partition: Uint8Array | undefined;
	/** `null` where nobody counted, because Redis could not be asked: then only the policy is known. */
	readonly left: Left | null;
}

export interface Left {
	readonly remaining: number;
	/** After a denial, when to come back; else, when the whole quota is there again. */
	readonly resetMs: number;
}

/** What is told beside the decision: the same for every policy of a gate. */
export interface Told {
	readonly unit: string | undefined;
	readonly partition: Uint8Array | undefined;
	/** Added to the time after which to come back. */
	readonly jitterMs: number;
}

export function noticeOf(decision: Decision, { unit, partition, jitterMs }: Told): Notice {
	const { policy, remaining, resetAfterMs, retryAfterMs, source } = decision;
	const comeBackMs = decision.allowed || retryAfterMs === null ? resetAfterMs : retryAfterMs + jitterMs;
	return {
		policy: policy.name,
		quota: policy.limit,
		windowMs: policy.windowMs,
		unit,
		partition,
		left: source === "policy" ? null : { remaining, resetMs: comeBackMs },
	};
}

/** Has the first less left than the second? What is known goes before what is not. */
export function isTighter({ left: first }: Notice, { left: second }: Notice): boolean {
	if (first === null || second === null) return first !== null;
	if (first.remaining !== second.remaining) return first.remaining < second.remaining;
	return first.resetMs > second.resetMs;
}

/** What the gates that a request went through have found, by policy: one response tells all of it. */
const found = new WeakMap<object, Map<string, Notice>>();

/** Adds to what is told of this request. Of two of one name, which a response must not have, the tighter is kept. */
export function addNotice(request: object, notice: Notice): void {
	const all = found.get(request) ?? new Map<string, Notice>();
	found.set(request, all);
	const other = all.get(notice.policy);
	if (other === undefined || isTighter(notice, other)) all.set(notice.policy, notice);
}

export function noticesOf(request: object): readonly Notice[] {
	return [...(found.get(request)?.values() ?? [])];
}
