import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { packageOf, readmeOf, tableIn } from "../../../test/readme.ts";

const folder = packageOf(import.meta.url);

test("the README explains every error code, and no other", () => {
	const source = readFileSync(new URL("src/errors.ts", folder), "utf8");
	const codes = [...source.matchAll(/ code = "(RK_\w+)"/g)].map(([, code = ""]) => code);
	const explained = tableIn(readmeOf(folder), "Errors").map(([code = ""]) => code);
	expect(explained.filter((code) => code.startsWith("RK_")).sort()).toEqual(codes.sort());
});
