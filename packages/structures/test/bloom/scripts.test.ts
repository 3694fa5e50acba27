import { expect, test } from "vitest";
import { expectHeader, luaIn, testDigests } from "../../../../test/scripts.ts";
import * as scripts from "../../src/bloom/scripts.ts";

const all = luaIn(new URL("../../src/bloom/lua/", import.meta.url));
const shared = all.find(({ file }) => file === "filter.lua") ?? expect.fail("no filter.lua");
const files = all.filter((file) => file !== shared);
const bound = Object.values(scripts);

test("every Lua file is in a script, and its header says which arguments it takes and what it replies", () => {
	expect(bound).toHaveLength(files.length);
	for (const file of files) {
		expect(bound.some(({ source }) => source.endsWith(file.lua))).toBe(true);
		expectHeader(file, shared.header);
	}
});

testDigests(bound);
