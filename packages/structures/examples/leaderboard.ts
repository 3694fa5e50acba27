import { connect } from "@rk/ioredis"; // or from "@rk/node-redis": nothing else changes
import { createLeaderboard } from "@rk/structures/leaderboard";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const board = createLeaderboard(redis, { name: "game:7", ties: "first", ranking: "competition" });

await board.addMany(Object.entries({ ann: 310.5, bob: 420, cid: 420 }));
const { score, rank, previousRank } = await board.incr("ann", 110);
console.log(score, previousRank, rank); // 420.5 3 1

for (const entry of await board.around("bob", 3)) console.log(entry.rank, entry.member, entry.score);
console.log(await board.rank("cid"), await board.rank("nobody")); // 2 null
await board.clear();
await redis.close();
