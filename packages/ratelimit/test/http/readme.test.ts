import { expect, test } from "vitest";
import { packageOf, readmeOf, tableIn } from "../../../../test/readme.ts";
import { WRITERS } from "../../src/http/fields.ts";
import { GATE_DEFAULTS } from "../../src/http/options.ts";

const rows = tableIn(readmeOf(new URL("../", packageOf(import.meta.url))), "HTTP");

test("the README's defaults of the HTTP options are those of the code", () => {
	const told = new Map(rows.map(([option, , value]) => [option, value]));
	for (const [option, value] of Object.entries(GATE_DEFAULTS)) {
		expect(told.get(option), option).toBe(option === "random" ? "Math.random" : String(value));
	}
});

test("the README names every style of the header fields", () => {
	const [, styles = ""] = rows.find(([option]) => option === "headers") ?? [];
	expect(styles.split(", ")).toEqual(Object.keys(WRITERS).map((style) => JSON.stringify(style)));
});
