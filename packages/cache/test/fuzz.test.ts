import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle, type Program } from "./support/bundle.ts";
import { check, type Rules } from "./support/fuzz/check.ts";
import { CONFIGURATIONS } from "./support/fuzz/configurations.ts";
import type { Event, Value } from "./support/fuzz/history.ts";
import { IN_SHORT, MUTATIONS } from "./support/fuzz/mutations.ts";
import { report } from "./support/fuzz/report.ts";
import { run } from "./support/fuzz/run.ts";

/*
 * Three processes, on both clients, read and write few keys through one cache, in every way that there is, and judge by
 * their own notes what they got. Short runs; the long ones are those of `pnpm fuzz`. FUZZ_SEED repeats a run, as far as
 * processes can be made to repeat themselves.
 */
const seed = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 1_000_000));
const WORKER = new URL("./support/fuzz/worker.ts", import.meta.url);
/** Of each process. */
const WRITES = 40;
/** Generous: seconds on a machine with nothing else to do. */
const TIMEOUT_MS = 240_000;

// At one time: they mostly wait.
describe.concurrent("what was loaded or set before an invalidation is not served after it, and all nodes come to agree", () => {
	let program: Program;
	beforeAll(async () => {
		program = await bundle(WORKER);
	});
	afterAll(() => program[Symbol.dispose]());

	// What the fuzz would see if it were otherwise is below.
	it.each(CONFIGURATIONS.map((one) => [one.name, one] as const))(
		"%s",
		async (_, fuzz) => {
			const done = await run({ ...fuzz, writes: WRITES }, seed, program.path);
			expect(done.verdict.findings, report(done)).toEqual([]);
			expect(done.verdict.reads, report(done)).toBeGreaterThan(WRITES);
		},
		TIMEOUT_MS,
	);
});

// All of them with FUZZ=all, in some minutes.
describe.concurrent("the fuzz sees it when", () => {
	const chosen = process.env["FUZZ"] === "all" ? MUTATIONS : IN_SHORT;
	// One seed may miss what is a matter of chance; three do not.
	const TRIES = 3;

	it.each(chosen.map((one) => [one.name, one] as const))(
		"%s",
		async (_, { edits, fuzz, found }) => {
			using program = await bundle(WORKER, edits);
			let told = "";
			for (let attempt = 0; attempt < TRIES; attempt++) {
				const done = await run(fuzz, seed + attempt, program.path);
				told += `${report(done)}\n`;
				if (done.verdict.counts[found] > 0) return;
			}
			expect.fail(told);
		},
		TIMEOUT_MS,
	);
});

it("each of the mutations that the fuzz is tried with still fits the sources", async () => {
	for (const { edits } of MUTATIONS) {
		using program = await bundle(WORKER, edits);
		expect(program.path).toContain("worker");
	}
}, 60_000);

describe("the judge of the fuzz", () => {
	const RULES: Rules = { maxStalenessMs: 100, lifetimeMs: 60_000, agree: true };
	const value = (id: string, key = "a"): Value => ({ id, key, version: 1 });
	const load = (began: number, id = "1"): Event => ({ kind: "load", node: "n0", ids: [id], began });
	const read = (began: number, more: Partial<Extract<Event, { kind: "read" }>> = {}): Event => ({
		...{ kind: "read", by: "get", node: "n0", key: "a", began, ended: began + 1, value: value("1") },
		...more,
	});
	const gone = (
		began: number,
		ended: number,
		more: Partial<Extract<Event, { kind: "invalidation" }>> = {},
	): Event => ({
		kind: "invalidation",
		by: "delete",
		node: "n0",
		keys: ["a"],
		began,
		ended,
		soft: false,
		...more,
	});
	const found = (events: readonly Event[], rules: Rules = RULES): string[] =>
		check(events, rules).findings.map(({ rule }) => rule);

	it("finds a value that was loaded before an invalidation which had resolved before the read", () => {
		expect(found([load(10), gone(20, 30), read(31)])).toEqual(["stale"]);
	});

	it("allows whatever overlaps: a read that had begun, a load that came after the beginning", () => {
		expect(found([load(10), gone(20, 30), read(29)])).toEqual([]);
		expect(found([load(21), gone(20, 30), read(31)])).toEqual([]);
	});

	it("gives another node its time, and no more", () => {
		const elsewhere = gone(20, 30, { node: "n1" });
		expect(found([load(10), elsewhere, read(129)])).toEqual([]);
		expect(found([load(10), elsewhere, read(131)])).toEqual(["stale"]);
		expect(found([load(10), elsewhere, read(31)], { ...RULES, maxStalenessMs: 0 })).toEqual(["stale"]);
	});

	it("takes what was set for as old as the call that set it", () => {
		const set = gone(10, 20, { by: "set", ids: ["1"] });
		expect(found([set, read(21)])).toEqual([]);
		expect(found([set, gone(19, 30), read(31)])).toEqual([]);
		expect(found([set, gone(21, 30), read(31)])).toEqual(["stale"]);
		expect(found([load(5), gone(10, 20, { by: "set", ids: ["2"] }), read(21)])).toEqual(["stale"]);
	});

	it("lets what expired be served while it is stale, but not for ever", () => {
		const expired = gone(20, 30, { by: "expire", soft: true });
		expect(found([load(10), expired, read(31)])).toEqual([]);
		expect(found([load(10), expired, read(31, { round: 1 }), read(99, { round: 2 })])).toEqual(["stuck"]);
		expect(found([load(10), read(12), read(300)], { ...RULES, lifetimeMs: 200 })).toEqual(["aged"]);
	});

	it("finds the value of another key, one from nowhere, and nodes that differ in the end", () => {
		expect(found([load(10), read(12, { value: value("1", "b") })])).toEqual(["foreign"]);
		expect(found([read(12)])).toEqual(["foreign"]);
		const last = [read(90, { round: 1 }), read(90, { round: 1, node: "n1", value: value("2") })];
		expect(found([load(10), load(10, "2"), ...last])).toEqual(["disagreement"]);
	});

	it("counts what failed", () => {
		expect(found([{ kind: "failure", node: "n0", by: "get", detail: "Error", at: 1 }])).toEqual(["failure"]);
	});
});
