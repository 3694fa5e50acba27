import type { History, Leftovers } from "../history.ts";
import { attemptsOf } from "./claims.ts";
import { type ExclusionRule, exclusion, expiredGrants, overlapsOf } from "./exclusion.ts";
import { fenceOrder, lostUpdates, staleAccesses } from "./fences.ts";
import type { Finding } from "./finding.ts";
import { type LivenessRule, liveness } from "./liveness.ts";
import { type Measures, measure } from "./measures.ts";
import { mutexModel } from "./mutex-model.ts";

/** What a run must have kept to. */
export type Rules = ExclusionRule & LivenessRule;

export interface Verdict {
	/** Broken rules, the earliest first. Empty: the run kept to all of them. */
	readonly findings: readonly Finding[];
	readonly measures: Measures;
}

/** Judges a run by what it left, without looking at the code that made it. */
export function check(history: History, rules: Rules): Verdict {
	const { events, faults, accesses, leftovers } = history;
	const attempts = attemptsOf(events);
	const { claims } = attempts;
	const overlaps = overlapsOf(claims, rules.limit);
	const losesData = faults.some((fault) => fault.losesData);
	const findings: Finding[] = [
		...exclusion(overlaps, faults, rules),
		...expiredGrants(claims),
		// A server that forgot a lock is not a lock, so a run with losses is not asked to look like one.
		...(losesData ? [] : mutexModel(claims, rules.limit)),
		...fenceOrder(claims),
		...staleAccesses(accesses, claims),
		...lostUpdates(accesses, true),
		...liveness(attempts, faults, rules),
		...left(leftovers),
		...events.flatMap((event): Finding[] =>
			event.kind === "stray"
				? [{ rule: "stray error", at: event.at, message: `${event.worker}: ${event.detail}` }]
				: [],
		),
	];
	return {
		findings: findings.sort((a, b) => a.at - b.at),
		measures: measure(history, attempts, overlaps.length),
	};
}

function left({ keys, channels, lingering }: Leftovers): Finding[] {
	const finding = (message: string): Finding => ({ rule: "leftover", at: Number.POSITIVE_INFINITY, message });
	return [
		...keys.map((key) => finding(`the key ${key} is left`)),
		...channels.map((channel) => finding(`a subscription to ${channel} is left`)),
		...lingering.map((worker) => finding(`${worker} closed all and did not end`)),
	];
}
