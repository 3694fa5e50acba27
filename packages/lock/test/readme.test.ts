import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { packageOf, readmeOf, tableIn } from "../../../test/readme.ts";
import { DEFAULTS, LOCKS_OPTIONS } from "../src/options.ts";
import { REDLOCK_DEFAULTS, REDLOCK_OPTIONS } from "../src/redlock-options.ts";

const folder = packageOf(import.meta.url);

test("the README explains every error code, and no other", () => {
	const source = readFileSync(new URL("src/errors.ts", folder), "utf8");
	const codes = [...source.matchAll(/ code = "(RK_\w+)"/g)].map(([, code = ""]) => code);
	const explained = tableIn(readmeOf(folder), "Errors").map(([code = ""]) => code);
	expect(explained.sort()).toEqual(codes.sort());
});

test("the defaults in the README's table are those of the code", () => {
	const rows = tableIn(readmeOf(folder), "Options");
	const inTable = rows.map(([name = "", , value = ""]) => [name, value]);
	for (const [name, value] of Object.entries(DEFAULTS)) expect(inTable).toContainEqual([name, String(value)]);
});

test("the README has every option of createLocks", () => {
	const named = tableIn(readmeOf(folder), "Options").flatMap(([name = ""]) => name.split(", "));
	expect(named.sort()).toEqual([...LOCKS_OPTIONS].sort());
});

test("the README has every option of createRedlock, with the default in the code", () => {
	const rows = tableIn(readmeOf(folder), "Redlock");
	const inTable = rows.map(([name = "", , value = ""]) => [name, value]);
	for (const [name, value] of Object.entries(REDLOCK_DEFAULTS))
		expect(inTable).toContainEqual([name, String(value)]);
	const section = readmeOf(folder).split("## Redlock")[1]?.split("\n## ")[0];
	for (const option of REDLOCK_OPTIONS) expect(section).toContain(`\`${option}\``);
});
