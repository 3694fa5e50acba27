import { expect, test } from "vitest";
import { connectOptionDefaults, connectOptionNames } from "../../../test/connect-options.ts";
import { packageOf, readmeOf, tableIn } from "../../../test/readme.ts";

const rows = tableIn(readmeOf(packageOf(import.meta.url)), "Options");

test("the README's table has every option of connect, connectCluster and connectSentinel", () => {
	const names = rows.flatMap(([name = ""]) => name.split(", "));
	expect(names.sort()).toEqual(connectOptionNames().sort());
});

// Red when a default in connect-options.ts or session-pool.ts is changed alone.
test("the defaults in the README's table are those of the code", () => {
	const inTable = rows.map(([name = "", , value = ""]) => [name, value]);
	const values = inTable.filter(([, value]) => !["none", "required", "false"].includes(value ?? ""));
	expect(Object.fromEntries(values)).toEqual(Object.fromEntries(connectOptionDefaults()));
});
