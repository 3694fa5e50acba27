import type { ScriptCall } from "@rk/client";
import { describe } from "vitest";
import { testScripts } from "../../../test/scripts.ts";
import * as counters from "../src/counters/scripts.ts";
import * as hyperloglog from "../src/hyperloglog/scripts.ts";
import * as sessions from "../src/sessions/scripts.ts";

describe.each<[folder: string, scripts: Record<string, ScriptCall<unknown>>]>([
	["counters", { ...counters }],
	["hyperloglog", { ...hyperloglog }],
	["sessions", { ...sessions }],
])("of the scripts of %s", (name, scripts) => {
	testScripts(new URL(`../src/${name}/`, import.meta.url), scripts);
});
