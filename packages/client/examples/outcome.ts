import { type Command, CommandError, get, incr, type RedisPort, RkError, set } from "@rk/client";
import { connect } from "@rk/ioredis";

/** Tries once more, but only what the server certainly did not run. */
async function twiceIfSafe<T>(redis: RedisPort, command: Command<T>): Promise<T> {
	try {
		return await redis.command(command, { timeoutMs: 500 });
	} catch (error) {
		if (error instanceof CommandError && error.outcome === "not-sent") return redis.command(command);
		throw error; // "unknown": it may have run. "refused": the server said no.
	}
}

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
await redis.command(set("orders", "0", { ttlMs: 60_000 }));
await twiceIfSafe(redis, incr("orders"));
console.log(await redis.command(get("orders"))); // 1

await redis.command(set("name", "Ada", { ttlMs: 60_000 }));
const error: unknown = await redis.command(incr("name")).catch((error: unknown) => error);
if (error instanceof CommandError) console.log(error.code, error.outcome); // ERR refused

// In a library, where the error may come from another copy of the package: RkError, and the field from the value.
if (error instanceof RkError && "outcome" in error) console.log(error.outcome === "not-sent"); // false
await redis.close();
