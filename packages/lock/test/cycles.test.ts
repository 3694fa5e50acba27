import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { startServer, type TestServer } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adapters, locksOn, open } from "./redis.ts";

/** A million by hand: `RK_LOCK_CYCLES=1000000 pnpm test --project @rk/lock cycles`. */
const CYCLES = Number(process.env["RK_LOCK_CYCLES"] ?? 4_000);
/** What the clients' own buffers and the compiler may come and go with. */
const SLACK_BYTES = 3_000_000;

let server: TestServer;
beforeAll(async () => {
	server = await startServer({ owned: true });
});
afterAll(() => server.stop());

setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");

function heapUsed(): number {
	if (typeof collect === "function") for (let n = 0; n < 3; n++) collect();
	return process.memoryUsage().heapUsed;
}

describe.each(adapters)("over $name", (adapter) => {
	// Red when a released lock stays in Holdings: 4 000 of them are more than the slack.
	test(`${CYCLES} locks come and go without a trace`, { timeout: 60_000 + CYCLES }, async () => {
		const locks = locksOn(await open(adapter, server.url), { onEvent: () => {} });
		const cycle = async (n: number): Promise<void> => {
			const lock = await locks.acquire(`cycle:${n % 8}`);
			void lock.signal;
			await lock.release();
		};
		const run = async (times: number): Promise<void> => {
			for (let n = 0; n < times; n += 8)
				await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((lane) => cycle(n + lane)));
			locks.events.length = 0;
		};
		await run(2_000); // what is made once
		const before = heapUsed();
		await run(CYCLES);
		expect(heapUsed() - before).toBeLessThan(SLACK_BYTES);
		expect(await server.command("KEYS", "lock:*[^e]")).toEqual([]); // fences apart
	});
});
