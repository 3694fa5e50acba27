import { expect, test } from "vitest";
import { expectHeader, luaIn, testDigests } from "../../../../test/scripts.ts";
import * as scripts from "../../src/leaderboard/scripts.ts";

const all = luaIn(new URL("../../src/leaderboard/lua/", import.meta.url));
const [board, list, write] = ["board.lua", "list.lua", "write.lua"].map(
	(name) => all.find(({ file }) => file === name) ?? expect.fail(name),
);
const files = all.filter((file) => file !== board && file !== list && file !== write);
const bound = Object.values(scripts);

test("every Lua file is in a script, behind the beginning that all share but those that stand alone", () => {
	expect(bound).toHaveLength(files.length);
	for (const { file, lua } of files) {
		const script = bound.find(({ source }) => source.endsWith(`\n${lua}`) || source === lua);
		const { source, readOnly } = script ?? expect.fail(file);
		expect(source.startsWith(board?.lua ?? "")).toBe(!file.startsWith("plain-"));
		expect(readOnly).toBe(!source.includes(write?.lua ?? "") && file !== "plain-add.lua");
	}
});

test("a header says which keys and arguments its script takes, and what it replies", () => {
	for (const file of files) expectHeader(file, file.file.startsWith("plain-") ? "" : board?.header);
	if (board !== undefined) expectHeader(board);
});

testDigests(bound);
