import type { Algorithm, Operation, Standing } from "./algorithm.ts";
import { type Answer, blockedUntilUs, textAt, timeUs } from "./answer.ts";
import type { Question } from "./decide-script.ts";
import type { Allowed, Decision, DecisionSource, Denied, Policy } from "./decision.ts";

export function policyOf(name: string, { limit, windowMs }: Algorithm): Policy {
	return Object.freeze({ name, limit, windowMs });
}

function ms(us: number): number {
	return Math.ceil(us / 1_000);
}

/** The decision that Redis made. */
export function fromRedis(
	policy: Policy,
	operation: Operation,
	{ units, limit }: Question,
	answer: Answer,
): Decision {
	const untilUs = blockedUntilUs(answer);
	if (untilUs !== undefined) return blocked(policy, units, ms(untilUs - timeUs(answer)), textAt(answer, 4));
	const wanted = operation === "upto" ? 1 : units;
	return fromStanding(policy, units, wanted, limit.read(answer, wanted), "redis");
}

/** The decision that a standing means: allowed is what was granted, and what only another limit stood in the way of. */
export function fromStanding(
	policy: Policy,
	cost: number,
	wanted: number,
	standing: Standing,
	source: DecisionSource,
): Decision {
	const { granted, remaining, retryAfterUs } = standing;
	const { limit, name } = policy;
	const resetAfterMs = ms(standing.resetAfterUs);
	if (granted >= wanted || retryAfterUs === 0)
		return { allowed: true, policy, limit, remaining, retryAfterMs: 0, resetAfterMs, cost, granted, source };
	const retryAfterMs = retryAfterUs === null ? null : ms(retryAfterUs);
	const reason = retryAfterMs === null ? "cost_exceeds_limit" : "limited";
	return {
		allowed: false,
		policy,
		limit,
		remaining,
		retryAfterMs,
		resetAfterMs,
		cost,
		granted,
		source,
		reason,
		violated: [name],
	};
}

function denied(policy: Policy, cost: number, forMs: number): Omit<Denied, "reason" | "source"> {
	const { limit, name } = policy;
	const nothing = { remaining: 0, granted: 0, retryAfterMs: forMs, resetAfterMs: forMs };
	return { allowed: false, policy, limit, ...nothing, cost, violated: [name] };
}

function blocked(policy: Policy, cost: number, forMs: number, why: string): Denied {
	const common = { ...denied(policy, cost, forMs), source: "redis", reason: "blocked" } as const;
	return why === "" ? common : { ...common, blockReason: why };
}

/** Nobody counted; `onUnavailable` does not let it happen. */
export function deniedUncounted(policy: Policy, cost: number, retryAfterMs: number): Denied {
	return { ...denied(policy, cost, retryAfterMs), source: "policy", reason: "unavailable" };
}

/** Nobody counted; `onUnavailable` lets it happen. */
export function allowedUncounted(policy: Policy, cost: number): Allowed {
	const { limit } = policy;
	const nothing = { remaining: 0, retryAfterMs: 0, resetAfterMs: 0 } as const;
	return { allowed: true, policy, limit, ...nothing, cost, granted: cost, source: "policy" };
}
