import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { packageOf, readmeOf, tableIn } from "../../../test/readme.ts";
import { DURABLE_DEFAULTS, DURABLE_OPTIONS, DURABLE_SUBSCRIBE_OPTIONS } from "../src/durable/options.ts";
import { DEFAULTS, KNOWN, resolveOptions } from "../src/options.ts";

const folder = packageOf(import.meta.url);
const readme = readmeOf(folder);

test("the README explains every error code, and no other", () => {
	const source = readFileSync(new URL("src/errors.ts", folder), "utf8");
	const codes = [...source.matchAll(/ code = "(RK_\w+)"/g)].map(([, code = ""]) => code);
	const explained = tableIn(readme, "Errors").map(([code = ""]) => code);
	expect(explained.sort()).toEqual(codes.sort());
});

test("the README has every option of createPubSub, and the defaults of the code", () => {
	const inTable = new Map(tableIn(readme, "Options").map(([name = "", , value = ""]) => [name, value]));
	for (const name of Object.keys(resolveOptions({}))) expect([...inTable.keys()]).toContain(name);
	for (const [name, value] of Object.entries({ ...DEFAULTS, ...DURABLE_DEFAULTS }))
		expect(inTable.get(name), name).toBe(String(value));
});

test("the README has every option of a subscription", () => {
	const options = new Set([
		...Object.values(KNOWN).flat(),
		...[...DURABLE_OPTIONS, ...DURABLE_SUBSCRIBE_OPTIONS],
	]);
	const section = readme.split("\n## Options")[1]?.split("\n## ")[0] ?? "";
	for (const option of options) expect(section).toContain(`\`${option}\``);
});
