export * from "./bloom/index.ts";
export * from "./counters/index.ts";
export * from "./hyperloglog/index.ts";
export * from "./leaderboard/index.ts";
export * from "./sessions/index.ts";
