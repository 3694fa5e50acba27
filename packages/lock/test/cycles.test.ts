import { getEventListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, onTestFinished, test } from "vitest";
import { createLocks } from "../src/index.ts";
import { adapters, open, ownServer } from "./redis.ts";
import { report, TIMEOUT_MS, times } from "./support/long-run.ts";

const CYCLES = times(4_000, 1_000_000);
/** So many at a time. */
const LANES = 50;
/** What the clients' own buffers and the compiler may come and go with. */
const SLACK_BYTES = 3_000_000;

const server = await ownServer();

setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");

function heapUsed(): number {
	if (typeof collect === "function") for (let n = 0; n < 3; n++) collect();
	return process.memoryUsage().heapUsed;
}

describe.each(adapters)("over $name", (adapter) => {
	// Red when a released lock stays in Holdings: 4 000 of them are more than the slack. A timer or listener of each would be so, too.
	test(`${CYCLES} locks come and go without a trace`, { timeout: TIMEOUT_MS }, async () => {
		const locks = createLocks(await open(adapter, server.url), { onEvent: () => {} });
		onTestFinished(() => locks.close());
		const { signal } = new AbortController();
		const cycle = async (n: number): Promise<void> => {
			const lock = await locks.acquire(`cycle:${n % LANES}`, n % 16 < 8 ? {} : { signal });
			void lock.signal;
			await lock.release();
		};
		const run = async (count: number): Promise<void> => {
			for (let n = 0; n < count; n += LANES)
				await Promise.all(Array.from({ length: LANES }, (_, lane) => cycle(n + lane)));
		};
		await run(2_000); // what is made once
		const before = heapUsed();
		await run(CYCLES);
		const grown = heapUsed() - before;
		report(`${adapter.name}: ${CYCLES} cycles, the heap has grown by ${grown} bytes`);
		expect(grown).toBeLessThan(SLACK_BYTES);
		expect(getEventListeners(signal, "abort")).toEqual([]);
		expect(await server.command("KEYS", "lock:*[^e]")).toEqual([]); // fences apart
	});
});
