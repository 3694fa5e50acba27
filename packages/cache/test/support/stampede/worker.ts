// One process with many callers who want the same key. Started by the tests of stampedes.
import * as overIoredis from "@rk/ioredis";
import * as overNodeRedis from "@rk/node-redis";
import { createCache } from "../../../src/index.ts";
import { now } from "../clock.ts";
import type { Counted, Order, Report, WorkerSettings } from "./protocol.ts";

/** Nobody here gives up: the test says when a load ends. */
const PATIENCE_MS = 60_000;

function settingsFrom([, , text = ""]: string[]): WorkerSettings {
	return JSON.parse(text);
}

const { client, url, tiers, leaseMs } = settingsFrom(process.argv);
const report = (what: Report): unknown => process.send?.(what);

async function main(): Promise<void> {
	const { connect } = client === "ioredis" ? overIoredis : overNodeRedis;
	const redis = await connect({ url, connectTimeoutMs: 60_000 }); // a busy machine is no finding
	const cache = createCache(redis, {
		...{ namespace: "stampede", leaseMs, leaseWaitMs: PATIENCE_MS, hardTimeoutMs: PATIENCE_MS },
		...{ redisTimeoutMs: PATIENCE_MS, ...(tiers === "L2" ? { l1: false } : {}) },
	});
	let finish = (_how: "give" | "throw"): void => {};

	const loader = async (): Promise<string> => {
		const how = new Promise<"give" | "throw">((resolve) => {
			finish = resolve;
		});
		report({ kind: "loading", at: now() });
		if ((await how) === "throw") throw new Error(`process ${process.pid} failed`);
		return `by process ${process.pid}`;
	};
	const ask = async (key: string, callers: number): Promise<void> => {
		const calls = Array.from({ length: callers }, () => cache.getOrLoad(key, loader));
		report({ kind: "asked" });
		const results = await Promise.allSettled(calls);
		report({
			kind: "answered",
			values: count(results.map((one) => (one.status === "fulfilled" ? one.value : undefined))),
			errors: count(results.map((one) => (one.status === "rejected" ? String(one.reason) : undefined))),
		});
	};
	process.on("message", (order: Order) => {
		if (order.kind === "ask") void ask(order.key, order.callers);
		else if (order.kind === "finish") finish(order.how);
		else if (order.kind === "delete") void cache.delete(order.key).then(() => report({ kind: "deleted" }));
		else void leave();
	});
	const leave = async (): Promise<void> => {
		await cache.close();
		await redis.close();
		process.off("disconnect", orphaned);
		process.disconnect();
	};
	report({ kind: "ready" });
}

function count(all: readonly (string | undefined)[]): Counted {
	const counted: Record<string, number> = {};
	for (const one of all) if (one !== undefined) counted[one] = (counted[one] ?? 0) + 1;
	return counted;
}

/** The test is gone. */
function orphaned(): void {
	process.exit(1);
}

process.on("disconnect", orphaned);
main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
	process.exit(1);
});
