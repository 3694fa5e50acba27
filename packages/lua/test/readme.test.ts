import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { packageOf, readmeOf, tableIn } from "../../../test/readme.ts";
import { TRANSFER_DEFAULTS } from "../src/builtins/transfer.ts";
import { SCRIPT_DEFAULTS } from "../src/define-script.ts";

const folder = packageOf(import.meta.url);

test("the README explains every error code, and no other", () => {
	const source = readFileSync(new URL("src/errors.ts", folder), "utf8");
	const codes = [...source.matchAll(/ code = "(RK_\w+)"/g)].map(([, code = ""]) => code);
	const explained = tableIn(readmeOf(folder), "Errors").map(([code = ""]) => code);
	expect(explained.filter((code) => code.startsWith("RK_LUA") || codes.includes(code)).sort()).toEqual(
		codes.sort(),
	);
});

test("the README's defaults are those of the code", () => {
	const defaults = new Map(
		tableIn(readmeOf(folder), "Options").map(([option = "", , value]) => [option, value]),
	);
	for (const [option, value] of Object.entries(SCRIPT_DEFAULTS))
		expect(defaults.get(option)).toBe(String(value));
	const { idempotencyTtlMs } = TRANSFER_DEFAULTS;
	const written = defaults.get("transfer: idempotencyTtlMs")?.replaceAll("_", "");
	expect(written).toBe(String(idempotencyTtlMs));
});
