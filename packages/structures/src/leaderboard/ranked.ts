import { type Layout, memberAt } from "./layout.ts";
import type { LeaderboardEntry } from "./leaderboard.ts";
import type { Ranking } from "./options.ts";
import type { Scores } from "./scores.ts";
import type { Listing } from "./scripts.ts";

/** The entries of a list with their ranks. */
export function ranked(
	{ from, rank, entries, data }: Listing,
	ranking: Ranking,
	layout: Layout,
	scores: Scores,
): LeaderboardEntry[] {
	const listed = entries.map(([place, score], i) => ({
		member: memberAt(place, layout),
		score: scores.read(score),
		rank: from + i + 1,
		...(data[i] === undefined ? {} : { data: data[i] }),
	}));
	const last = listed.length - 1;
	if (ranking === "modified") {
		// All of one score have the place of the last of them, who may be beyond the list's end.
		for (let i = last, shared = rank; i >= 0; i--) {
			const entry = listed[i];
			if (entry === undefined) break;
			if (i < last && entry.score !== listed[i + 1]?.score) shared = from + i + 1;
			entry.rank = shared;
		}
	} else if (ranking !== "ordinal") {
		let shared = rank;
		for (const [i, entry] of listed.entries()) {
			if (i > 0 && entry.score !== listed[i - 1]?.score)
				shared = ranking === "dense" ? shared + 1 : from + i + 1;
			entry.rank = shared;
		}
	}
	return listed;
}
