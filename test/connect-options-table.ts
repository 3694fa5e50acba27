import { expect, test } from "vitest";
import { connectOptionDefaults, connectOptionNames } from "./connect-options.ts";
import { packageOf, readmeOf, tableIn } from "./readme.ts";

/** Registers what keeps the table of an adapter's connect options true; `from` is the test's `import.meta.url`. */
export function testConnectOptionsTable(from: string): void {
	const rows = tableIn(readmeOf(packageOf(from)), "Options");

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
}
