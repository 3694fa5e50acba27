import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { packageOf, readmeOf, tableIn } from "../../../test/readme.ts";
import { DURABLE_DEFAULTS } from "../src/durable/options.ts";
import { DEFAULTS, KNOWN, resolveOptions } from "../src/options.ts";

const folder = packageOf(import.meta.url);
const readme = readmeOf(folder);
const sourceOf = (file: string): string => readFileSync(new URL(`src/${file}`, folder), "utf8");

test("the README explains every error code, and no other", () => {
	const codes = [...sourceOf("errors.ts").matchAll(/ code = "(RK_\w+)"/g)].map(([, code = ""]) => code);
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
	const options = new Set(Object.values(KNOWN).flat());
	const lists = [...sourceOf("durable/options.ts").matchAll(/checkKnown\("", options, \[([^\]]*)\]/g)];
	expect(lists).toHaveLength(2);
	for (const [, list = ""] of lists)
		for (const [, option = ""] of list.matchAll(/"(\w+)"/g)) options.add(option);
	expect(options.size).toBeGreaterThan(9);
	const section = readme.split("\n## Options")[1]?.split("\n## ")[0] ?? "";
	for (const option of options) expect(section).toContain(`\`${option}\``);
});
