import { connect } from "@rk/ioredis";
import { createPeriodicLeaderboard } from "@rk/structures/leaderboard";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const weeks = createPeriodicLeaderboard(redis, {
	name: "runs",
	period: "week",
	timeZone: "Europe/Vienna",
	keep: 2, // this week's board, and those of the two weeks before
	order: "asc", // the fastest is the best
	memberData: true,
});

await weeks.current().add("ann", 61.25, { mode: "best", data: "Vienna" });
const { rank, score } = await weeks.current().add("ann", 63, { mode: "best" });
console.log(rank, score); // 1 61.25

const [best] = await weeks.current().top(1, { withData: true });
console.log(best?.data); // Vienna
console.log(weeks.at("2026-11-26").key); // leaderboard:runs:2026-W48

await weeks.current().clear();
await redis.close();
