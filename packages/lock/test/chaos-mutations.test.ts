import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { edited } from "../../../test/bundle.ts";
import type { Rule } from "../harness/checker/finding.ts";
import { MUTATIONS, type Mutation } from "../harness/mutations.ts";
import { DEFECTS, type Defect } from "../harness/peers.ts";
import { report } from "../harness/report.ts";
import { run, type Scenario } from "../harness/scenario.ts";

/*
 * Whether the harness sees anything at all: it must find what was broken on purpose in this package's sources, and what is
 * known to be wrong in other libraries. All of them with CHAOS=all, in some minutes; otherwise three.
 */
const all = process.env["CHAOS"] === "all";
const seed = Number(process.env["CHAOS_SEED"] ?? 1);
/** What a fault meets is a matter of chance. */
const TRIES = 3;
const TIMEOUT_MS = 120_000;

const IN_SHORT = [
	"a release does not look whose lock it is",
	"a waiter does not look again once it listens",
	"a lock whose validity is over",
];
const chosen = (name: string): boolean => all || IN_SHORT.includes(name);

async function expectFound(scenario: Scenario, found: Rule, edits: Mutation["edits"]): Promise<void> {
	const rules = new Set<Rule>();
	let told = "";
	for (let attempt = 0; attempt < TRIES && !rules.has(found); attempt++) {
		const done = await run(scenario, seed + attempt, edits);
		for (const { rule } of done.verdict.findings) rules.add(rule);
		told += `${report(done)}\n`;
	}
	expect([...rules], told).toContain(found);
}

// At one time: they mostly wait.
describe.concurrent("the harness finds, in this package's own sources, that", () => {
	const mutations = MUTATIONS.filter(({ name }) => chosen(name)).map((one): [string, Mutation] => [
		one.name,
		one,
	]);
	it.each(mutations)(
		"%s",
		(_, { scenario, found, edits }) =>
			expectFound({ ...scenario, durationMs: all ? 8_000 : 3_500 }, found, edits),
		TIMEOUT_MS,
	);
});

describe.concurrent("the harness finds in another library", () => {
	const defects = DEFECTS.filter(({ scenario }) => chosen(scenario.name)).map((one): [string, Defect] => [
		`${one.scenario.subject}: ${one.scenario.name}`,
		one,
	]);
	it.each(defects)("%s", (_, { scenario, found }) => expectFound(scenario, found, []), TIMEOUT_MS);
});

describe("a mutation", () => {
	const edit = { file: "a.ts", replace: "one", by: "two" };

	it("changes the one place that it is about", () => {
		expect(edited("one, three", edit)).toBe("two, three");
	});

	// All of them, also those that only CHAOS=all runs.
	it.each(MUTATIONS)("has its place in the sources: $name", ({ edits }) => {
		for (const { file } of edits) {
			const source = readFileSync(new URL(`../src/${file}`, import.meta.url), "utf8");
			const own = edits.filter((edit) => edit.file === file);
			expect(own.reduce(edited, source)).not.toBe(source);
		}
	});

	it.each(["three", "one, one"])("is refused where its place is not there, or not alone: %s", (text) => {
		expect(() => edited(text, edit)).toThrow(/stands \d times in a\.ts, and must once/);
	});
});
