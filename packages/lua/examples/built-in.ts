import { set } from "@rk/client";
import { connect } from "@rk/ioredis";
import {
	compareAndDelete,
	compareAndSet,
	createScripts,
	InsufficientFundsError,
	incrWithCap,
	tagged,
	transfer,
} from "@rk/lua";

const redis = await connect({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" });
const scripts = createScripts(redis, { compareAndDelete, compareAndSet, incrWithCap, transfer });

const key = "example:status";
await redis.command(set(key, "draft", { ttlMs: 60_000 }));
console.log(await scripts.compareAndSet({ key }, { expected: "draft", value: "sent" })); // true
console.log(await scripts.compareAndDelete({ key }, { expected: "draft" })); // false

const counter = "example:seats";
console.log(await scripts.incrWithCap({ counter }, { by: 8, cap: 10, ttlMs: 1_000 })); // 8
console.log(await scripts.incrWithCap({ counter }, { by: 3, cap: 10, ttlMs: 1_000 })); // -1

// With an idempotency key it is safe to try again after an error with the outcome `unknown`.
const bank = tagged("example", "bank");
await redis.command(set(bank("ada"), "100", { ttlMs: 60_000 }));
const request = {
	...{ from: bank("ada"), to: bank("bob"), amount: 70 },
	...{ idempotencyKey: bank("transfer", crypto.randomUUID()), idempotencyTtlMs: 60_000 },
};
console.log((await scripts.transfer(request)).from); // 30
console.log((await scripts.transfer(request)).repeated); // true

try {
	await scripts.transfer({ from: bank("ada"), to: bank("bob"), amount: 70 });
} catch (error) {
	if (error instanceof InsufficientFundsError) console.log(error.code, error.balance); // RK_INSUFFICIENT_FUNDS 30
}

await scripts.close();
await redis.close();
