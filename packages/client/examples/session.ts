import { blpop, CommandError, get, rpush, set } from "@rk/client";
import { connect } from "@rk/ioredis";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });

await redis.command(set("stock", "5", { ttlMs: 60_000 }));
await redis.command(rpush("jobs", "job 1"));

// The key comes first: in a cluster it decides whose connection you get. exec() gives null if the stock changed meanwhile.
const sold = await redis.session("stock", async (own) => {
	await own.watch(["stock"]);
	const left = Number(await own.command(get("stock")));
	return own.exec([set("stock", String(left - 1), { ttlMs: 60_000 })]);
});
console.log(sold); // [ true ]

// Blocks for up to 2000 ms; 0 is for ever. The signal ends it sooner, by closing the connection: RK_CONNECTION, `unknown`.
const stop = new AbortController();
const job = await redis.session("jobs", (own) => own.command(blpop("jobs", 2_000)), { signal: stop.signal });
console.log(job); // [ 'jobs', 'job 1' ]

// Whether a job was taken at the very moment that the connection closed, nobody knows.
const waiting = redis.session(
	"jobs",
	(own) => {
		setTimeout(() => stop.abort(), 50);
		return own.command(blpop("jobs", 0));
	},
	{ signal: stop.signal },
);
const ended: unknown = await waiting.catch((error: unknown) => error);
if (ended instanceof CommandError) console.log(ended.code, ended.outcome); // RK_CONNECTION unknown

await redis.close();
