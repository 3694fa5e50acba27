import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { packageOf, readmeOf, tableIn } from "../../../test/readme.ts";
import { DEFAULTS } from "../src/options.ts";

const folder = packageOf(import.meta.url);
const rows = tableIn(readmeOf(folder), "Options");

test("the README explains every error code, and no other of its own", () => {
	const source = readFileSync(new URL("src/errors.ts", folder), "utf8");
	const codes = [...source.matchAll(/ code = "(RK_\w+)"/g)].map(([, code = ""]) => code);
	const explained = tableIn(readmeOf(folder), "Errors").map(([code = ""]) => code);
	expect(explained.filter((code) => code.startsWith("RK_CACHE_")).sort()).toEqual(codes.sort());
});

test("the defaults in the README's tables are those of the code", () => {
	const { l1, ...others } = DEFAULTS;
	const inTable = rows.map(([name = "", , value = ""]) => [name, value]);
	for (const [name, value] of Object.entries(others)) expect(inTable).toContainEqual([name, String(value)]);
	for (const [name, value] of Object.entries(l1))
		expect(inTable).toContainEqual([`l1.${name}`, String(value)]);
});

test("the README has every option", () => {
	const named = rows.flatMap(([name = ""]) => name.split(", "));
	const options = readFileSync(new URL("src/options.ts", folder), "utf8");
	const policy = readFileSync(new URL("src/policy.ts", folder), "utf8");
	const lists = `${/const OPTIONS[^;]*;/.exec(options)?.[0]}${/POLICY_OPTIONS: [^;]*;/.exec(policy)?.[0]}`;
	const names = [...lists.matchAll(/"(\w+)"/g)].map(([, name = ""]) => name);
	const ofL1 = /const L1_OPTIONS[^;]*;/.exec(options)?.[0] ?? "";
	names.push(...[...ofL1.matchAll(/"(\w+)"/g)].map(([, name]) => `l1.${name}`));
	expect(names.length).toBeGreaterThan(30);
	for (const name of names) expect(named).toContain(name);
});
