import type { Run } from "./scenario.ts";

const FINDINGS_SHOWN = 12;

/** A run in words: what it was, what it measured, and which rules it broke. */
export function report({ scenario, seed, history, verdict }: Run): string {
	const { findings, measures } = verdict;
	const { grants, denied, failed, lost, overlaps, refusedAccesses, unfencedLostUpdates, handOffMs } =
		measures;
	const faults = new Map<string, number>();
	for (const { fault } of history.faults) faults.set(fault, (faults.get(fault) ?? 0) + 1);
	const lines = [
		`${scenario.name}: ${scenario.subject}${scenario.client === undefined ? "" : ` on ${scenario.client}`}, seed ${seed}`,
		`  faults: ${[...faults].map(([fault, count]) => `${count} × ${fault}`).join(", ") || "none"}`,
		`  ${grants} grants (${measures.fewest} to ${measures.mostGrants} a worker), ${denied} denied, ${failed} failed, ${lost} lost`,
		`  ${overlaps} overlaps, ${refusedAccesses} accesses refused by fence, ${unfencedLostUpdates} updates lost without fences`,
	];
	if (handOffMs !== undefined) {
		const [p50, p99, max] = [handOffMs.p50, handOffMs.p99, handOffMs.max].map((ms) => ms.toFixed(1));
		lines.push(`  hand-off: p50 ${p50} ms, p99 ${p99} ms, longest ${max} ms`);
	}
	lines.push(findings.length === 0 ? "  all rules kept" : `  BROKEN: ${findings.length} findings`);
	for (const { rule, message } of findings.slice(0, FINDINGS_SHOWN)) lines.push(`    ${rule}: ${message}`);
	return lines.join("\n");
}
