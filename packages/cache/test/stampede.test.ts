import { startServer, type TestServer } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle, type Program } from "./support/bundle.ts";
import { now } from "./support/clock.ts";
import { Fleet } from "./support/fleet.ts";
import type { Order, Report, WorkerSettings } from "./support/stampede/protocol.ts";

const PROCESSES = 4;
const CALLERS = 200;
/** Longer than any test: what goes on before it runs out does so for another reason. */
const FOREVER_MS = 120_000;

let server: TestServer;
let program: Program;
let keys = 0;

beforeAll(async () => {
	server = await startServer({ owned: true });
	program = await bundle(new URL("./support/stampede/worker.ts", import.meta.url));
});

afterAll(async () => {
	program[Symbol.dispose]();
	await server.stop();
});

/** Processes on both clients, all of whose callers want one cold key; with the first loader, which has begun. */
async function stampede(tiers: WorkerSettings["tiers"], leaseMs: number) {
	const settings = Array.from({ length: PROCESSES }, (_, n): WorkerSettings => {
		return { client: n % 2 === 0 ? "ioredis" : "node-redis", url: server.url, tiers, leaseMs };
	});
	const fleet = new Fleet<Order, Report>(program.path, settings);
	await fleet.all("ready");
	keys += 1;
	const key = `cold ${keys}`;
	fleet.tell({ kind: "ask", key, callers: CALLERS });
	await fleet.all("asked");
	const first = await fleet.next("loading");
	return { fleet, key, first };
}

/** What all the callers of the processes that still run got. */
async function answers(
	fleet: Fleet<Order, Report>,
): Promise<Record<"values" | "errors", [string, number][]>> {
	const all = await fleet.all("answered");
	const sum = (counted: readonly Readonly<Record<string, number>>[]): [string, number][] => {
		const total = new Map<string, number>();
		for (const [what, times] of counted.flatMap(Object.entries<number>))
			total.set(what, (total.get(what) ?? 0) + times);
		return [...total];
	};
	return { values: sum(all.map(({ values }) => values)), errors: sum(all.map(({ errors }) => errors)) };
}

/** Ends all processes; rejects if a loader ran that was not waited for. */
async function end(fleet: Fleet<Order, Report>): Promise<void> {
	fleet.tell({ kind: "leave" });
	await fleet.ended();
	await expect(fleet.next("loading"), "another loader ran").rejects.toThrow("The workers ended");
}

// Broken on purpose: acquiring without NX (every process loads, and waits to be told how to end).
describe.each(["L2", "L1 + L2"] as const)("a cold key that 4 × 200 callers want, cached in %s", (tiers) => {
	it("is loaded once, and everybody gets that value", async () => {
		const { fleet, first } = await stampede(tiers, FOREVER_MS);
		await using _ = fleet;
		fleet.tell({ kind: "finish", how: "give" }, first.member);
		const { values, errors } = await answers(fleet);
		expect(errors).toEqual([]);
		expect(values).toEqual([[expect.stringMatching(/^by process/), PROCESSES * CALLERS]]);
		await end(fleet);
	});

	// Broken on purpose: a failed load that keeps its lease (the others wait for ever).
	it("is loaded by the next process at once when the loader throws, which only its own callers hear of", async () => {
		const { fleet, first } = await stampede(tiers, FOREVER_MS);
		await using _ = fleet;
		fleet.tell({ kind: "finish", how: "throw" }, first.member);
		const second = await fleet.next("loading");
		expect(second.member).not.toBe(first.member);
		fleet.tell({ kind: "finish", how: "give" }, second.member);
		const { values, errors } = await answers(fleet);
		expect(errors).toEqual([[expect.stringMatching(/^Error: process \d+ failed/), CALLERS]]);
		expect(values).toEqual([[expect.stringMatching(/^by process/), (PROCESSES - 1) * CALLERS]]);
		await end(fleet);
	});

	// Broken on purpose: a lease without PX (it has no end).
	it("is loaded once more when the process that loads it is killed, and not before its lease has ended", async () => {
		const leaseMs = 1_000;
		const { fleet, key, first } = await stampede(tiers, leaseMs);
		await using _ = fleet;
		await fleet.signal(first.member, "SIGKILL");
		const killedAt = now();
		const leftMs = Number(await server.command("PTTL", `{stampede:${key}}:l`));
		expect(leftMs).toBeGreaterThan(0);
		const second = await fleet.next("loading");
		// By the machine's one clock; the server's counts whole milliseconds.
		expect(second.report.at - killedAt).toBeGreaterThan(leftMs - 5);
		fleet.tell({ kind: "finish", how: "give" }, second.member);
		const { values, errors } = await answers(fleet);
		expect(errors).toEqual([]);
		expect(values).toEqual([[expect.stringMatching(/^by process/), (PROCESSES - 1) * CALLERS]]);
		await end(fleet);
	});
});
