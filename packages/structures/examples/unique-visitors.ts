import { connect } from "@rk/ioredis";
import { createUniqueVisitors } from "@rk/structures/hyperloglog";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const visitors = createUniqueVisitors(redis, { retentionDays: null, timeZone: "Europe/Vienna" });

await visitors.record(["ann", "bob"], { at: "2026-11-25" });
await visitors.record("ann", { at: new Date("2026-11-25T23:30:00Z") }); // the 26th in Vienna

console.log(await visitors.count("2026-11-25")); // 2
console.log(await visitors.count({ from: "2026-11-20", to: "2026-11-26" })); // 2
console.log(await visitors.series({ from: "2026-11-25", to: "2026-11-26" })); // [ { date: '2026-11-25', count: 2 }, { date: '2026-11-26', count: 1 } ]

await redis.close();
