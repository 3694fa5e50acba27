/**
 * What rk does, end to end, on a real server and over both clients: `pnpm demo`.
 *
 * It uses the server in `REDIS_URL`, or else finds, starts or fetches one. Keys get a prefix of their own and are deleted
 * in the end. Exits 0 when every step found what it promises.
 */
import { randomUUID } from "node:crypto";
import { connect as overIoredis } from "@rk/ioredis";
import { connect as overNodeRedis } from "@rk/node-redis";
import { startServer } from "@rk/testing";
import { flashSale } from "./flash-sale/flash-sale.ts";
import { removeKeys, runSteps } from "./run-steps.ts";
import type { Connect } from "./step.ts";
import { steps } from "./steps/index.ts";

const clients: ReadonlyArray<readonly [name: string, connect: Connect]> = [
	["ioredis", overIoredis],
	["node-redis", overNodeRedis],
];

const began = performance.now();
await using server = await startServer();
console.log(`\nrk on ${server.version.name} ${server.version.version} at ${server.host}:${server.port}`);

let failed = 0;
for (const [name, connect] of clients) {
	console.log(`\nover ${name}`);
	await using redis = await connect({ url: server.url });
	const prefix = ["rk-demo", randomUUID().slice(0, 8)];
	failed += await runSteps(steps, { server, connect, redis, prefix });
	await removeKeys(redis, prefix);
}

console.log(
	"\na flash sale: sessions, a cached price that changes, limits, a locked till, a leaderboard, a feed; four processes",
);
{
	await using redis = await overIoredis({ url: server.url });
	failed += await runSteps([flashSale], { server, connect: overIoredis, redis, prefix: [] });
}

const seconds = ((performance.now() - began) / 1000).toFixed(1);
console.log(failed === 0 ? `\nall as promised, in ${seconds} s` : `\n${failed} not as promised`);
process.exitCode = failed === 0 ? 0 : 1;
