import type { FuzzRun } from "./run.ts";

const FINDINGS_SHOWN = 8;

/** A run in words: what it was, and what was seen. */
export function report({ fuzz, seed, verdict }: FuzzRun): string {
	const { counts, findings, reads, loads, invalidations } = verdict;
	const { stale, stuck, aged, foreign, disagreement, failure } = counts;
	const lines = [
		`${fuzz.subject}, ${fuzz.name}, seed ${seed}: ${reads} reads, ${loads} loads, ${invalidations} invalidations`,
		`  ${stale} stale, ${stuck} stuck, ${aged} served after their time, ${foreign} foreign, ${disagreement} disagreements, ${failure} failures`,
		...findings.slice(0, FINDINGS_SHOWN).map(({ rule, message }) => `    ${rule}: ${message}`),
	];
	return lines.join("\n");
}
