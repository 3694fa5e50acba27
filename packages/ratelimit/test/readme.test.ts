import { expect, test } from "vitest";
import { packageOf, readmeOf, tableIn } from "../../../test/readme.ts";
import { gcra, perSecond } from "../src/index.ts";
import { DEFAULTS, resolveOptions } from "../src/options.ts";

const readme = readmeOf(packageOf(import.meta.url));

test("the README has every option, and the defaults of the code", () => {
	const rows = tableIn(readme, "Options");
	const inTable = new Map(rows.map(([name = "", , value = ""]) => [name, value]));
	const good = { name: "api", algorithm: gcra({ rate: perSecond(1) }), onUnavailable: "throw" } as const;
	expect([...inTable.keys()].sort()).toEqual(Object.keys(resolveOptions(good)).sort());
	for (const [name, value] of Object.entries(DEFAULTS)) expect(inTable.get(name)).toBe(String(value));
});

test("the README explains the package's error codes", () => {
	const codes = tableIn(readme, "Errors").map(([code]) => code);
	expect(codes).toEqual(expect.arrayContaining(["RK_RATELIMIT_UNAVAILABLE", "RK_RATELIMIT_STATE"]));
});
