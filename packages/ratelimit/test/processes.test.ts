import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { startServer } from "@rk/testing";
import { expect, onTestFinished, test } from "vitest";
import type { Algorithm } from "../src/algorithm.ts";
import { gcra, perSecond, slidingLog } from "../src/index.ts";

/** The long run: RK_PROCESSES=8 RK_SECONDS=60. */
const PROCESSES = Number(process.env["RK_PROCESSES"] ?? 3);
const SECONDS = Number(process.env["RK_SECONDS"] ?? 3);

const HAMMER = fileURLToPath(new URL("./support/hammer.ts", import.meta.url));
const LUA = fileURLToPath(new URL("../../testing/test/support/lua-as-text.mjs", import.meta.url));

/** The server's time of a call, and the units it allowed. */
type Call = readonly [atUs: number, granted: number];

async function hammer(url: string): Promise<Record<string, readonly Call[]>> {
	const loaders = ["--conditions=@rk/source", "--import", "tsx", "--import", LUA];
	const child = spawn(process.execPath, [...loaders, HAMMER, url, String(SECONDS)], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	const [said] = await Promise.all([text(child.stdout), once(child, "exit")]);
	return JSON.parse(said);
}

/** The limits of the hammer. */
const LIMITS: Record<string, Algorithm> = {
	ten: gcra({ rate: perSecond(10), burst: 20 }),
	three: gcra({ rate: perSecond(3), burst: 3 }),
	log: slidingLog({ limit: 15, windowMs: 1_000 }),
};

// Broken on purpose: the time of one unit more than the burst in gcra-limit.lua: more was allowed than the model allows.
test(`${PROCESSES} processes by the real clock get what the model gives, no unit more and none less`, {
	timeout: SECONDS * 1_000 + 120_000,
}, async () => {
	const server = await startServer({ owned: true });
	onTestFinished(() => server.stop());
	const reports = await Promise.all(Array.from({ length: PROCESSES }, () => hammer(server.url)));
	for (const [name, limit] of Object.entries(LIMITS)) {
		// Of calls in one microsecond, the allowed ones came first.
		const calls = reports.flatMap((report) => report[name] ?? []).sort((a, b) => a[0] - b[0] || b[1] - a[1]);
		const account = limit.open();
		const expected = calls.map(([atUs]) => account.apply("limit", BigInt(atUs), 1, limit).granted);
		expect(calls.map(([, granted]) => granted)).toEqual(expected);
		const seconds = ((calls.at(-1)?.[0] ?? 0) - (calls[0]?.[0] ?? 0)) / 1e6;
		expect(seconds).toBeGreaterThanOrEqual(SECONDS * 0.9);
		expect(calls.length).toBeGreaterThan(PROCESSES * SECONDS);
	}
});
