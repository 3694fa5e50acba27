export type { Day } from "../days.ts";
export { createLeaderboard } from "./create-leaderboard.ts";
export { LeaderboardLayoutError, LeaderboardScoreError } from "./errors.ts";
export type {
	Added,
	AddMode,
	AddOptions,
	AroundOptions,
	ExportOptions,
	Leaderboard,
	LeaderboardEntry,
	ListOptions,
	NewEntry,
	ScoreRangeOptions,
} from "./leaderboard.ts";
export type { LeaderboardOptions, Ranking, Ties } from "./options.ts";
export type { Period } from "./period.ts";
export {
	createPeriodicLeaderboard,
	type PeriodicLeaderboard,
	type PeriodicLeaderboardOptions,
} from "./periodic-leaderboard.ts";
