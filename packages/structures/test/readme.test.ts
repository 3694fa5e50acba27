import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { packageOf, readmeOf, tableIn } from "../../../test/readme.ts";
import { BLOOM_DEFAULTS } from "../src/bloom/options.ts";
import { ID_GENERATOR_DEFAULTS } from "../src/counters/create-id-generator.ts";
import { UNIQUE_VISITORS_DEFAULTS } from "../src/hyperloglog/create-unique-visitors.ts";
import { DEFAULTS, OPTIONS } from "../src/leaderboard/options.ts";
import { PERIODIC_DEFAULTS } from "../src/leaderboard/periodic-leaderboard.ts";
import { SESSION_DEFAULTS, SESSION_OPTIONS } from "../src/sessions/options.ts";

const folder = packageOf(import.meta.url);
const readme = readmeOf(folder);

/** The README's options of a structure with their defaults. */
function optionsOf(heading: string): Map<string, string> {
	const rows = tableIn(readme, heading);
	return new Map(rows.flatMap(([names = "", value = ""]) => names.split(", ").map((name) => [name, value])));
}

test("the README explains every error code, and no other but that of bad input", () => {
	const codes = ["leaderboard", "bloom", "hyperloglog", "counters", "sessions"].flatMap((structure) => {
		const source = readFileSync(new URL(`src/${structure}/errors.ts`, folder), "utf8");
		return [...source.matchAll(/ code = "(RK_\w+)"/g)].map(([, code = ""]) => code);
	});
	const explained = tableIn(readme, "Errors").flatMap(([names = ""]) => names.split(", "));
	expect(explained.sort()).toEqual([...codes, "RK_INVALID_ARGUMENT"].sort());
});

test("the README has every option of a leaderboard, with the default in the code", () => {
	const options = optionsOf("Leaderboard");
	for (const name of OPTIONS) expect(options.has(name), name).toBe(true);
	for (const [name, value] of Object.entries(DEFAULTS)) expect(options.get(name)).toBe(String(value));
	expect(readme).toContain(`\`timeZone\` (\`${PERIODIC_DEFAULTS.timeZone}\`)`);
	expect(readme).toContain(`\`keep\` (\`${PERIODIC_DEFAULTS.keep}\`)`);
});

test("the README has every option of a Bloom filter, with the default in the code", () => {
	const options = optionsOf("Bloom filter");
	for (const name of ["name", "capacity", "errorRate", "scaling", "ttlMs"])
		expect(options.has(name), name).toBe(true);
	for (const [name, value] of Object.entries(BLOOM_DEFAULTS)) expect(options.get(name)).toBe(String(value));
});

test("the README has every option of unique visitors, counters and sessions, with the defaults in the code", () => {
	const visitors = optionsOf("Unique visitors");
	expect(visitors.has("retentionDays")).toBe(true);
	for (const [name, value] of Object.entries(UNIQUE_VISITORS_DEFAULTS))
		expect(visitors.get(name)).toBe(value);
	const counters = optionsOf("Counters");
	for (const name of ["name", "ttlMs", "min", "max", "bucketMs", "windowMs"])
		expect(counters.has(name), name).toBe(true);
	expect(counters.get("block")).toBe(String(ID_GENERATOR_DEFAULTS.block));
	const sessions = optionsOf("Sessions");
	for (const name of SESSION_OPTIONS) expect(sessions.has(name), name).toBe(true);
	for (const [name, value] of Object.entries(SESSION_DEFAULTS))
		expect(sessions.get(name)).toBe(String(value));
});
