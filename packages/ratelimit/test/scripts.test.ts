import { expect, test } from "vitest";
import { expectHeader, luaIn, testDigests } from "../../../test/scripts.ts";
import * as scripts from "../src/decide-script.ts";
import { fixedWindow, gcra, perSecond, slidingCounter, slidingLog } from "../src/index.ts";

const files = luaIn(new URL("../src/lua/", import.meta.url));

const algorithms = [
	gcra({ rate: perSecond(10), burst: 20 }),
	fixedWindow({ limit: 5, windowMs: 1_000 }),
	slidingLog({ limit: 5, windowMs: 1_000 }),
	slidingCounter({ limit: 5, windowMs: 1_000 }),
];
const asked = algorithms.map((limit) => ({ key: "state", units: 1, limit, own: limit }));

/** A command of every script, by the file that says what it takes. */
const commands = [
	...asked.map((question) => ({
		file: `${question.limit.kind}-limit.lua`,
		command: scripts.decide("limit", question),
	})),
	...asked.map((question) => ({ file: "decide.lua", command: scripts.decide("peek", question) })),
	{ file: "decide.lua", command: scripts.decideAll(asked) },
	...asked.flatMap((question) => [
		{ file: "decide.lua", command: scripts.block(question, "") },
		{ file: "decide.lua", command: scripts.unblock(question) },
	]),
	{ file: "reset.lua", command: scripts.reset(["state"]) },
];

// Broken on purpose: KEYS[2] taken out of a header; a Lua file that no script holds.
test("every Lua file is in a script, and a script takes the keys and arguments that its header says", () => {
	for (const { file, lua } of files)
		expect(
			commands.some(({ command }) => command.script?.source.includes(lua)),
			file,
		).toBe(true);
	for (const { file, command } of commands) {
		const said = files.find((one) => one.file === file) ?? expect.fail(file);
		expectHeader(said);
		const { header } = said;
		if (file === "decide.lua") continue; // as many as there are limits
		const keys = new Set(header.match(/KEYS\[\d\]/g)).size;
		const args = new Set(header.match(/ARGV\[\d\]/g)).size;
		expect(command.args[2], file).toBe(String(keys));
		expect(command.args, file).toHaveLength(3 + keys + args);
	}
});

test("what no script replies is an error, and no decision", () => {
	const unexpected = expect.objectContaining({ code: "RK_UNEXPECTED_REPLY" });
	for (const question of asked) {
		const { decode } = scripts.decide("limit", question);
		expect(() => decode(5)).toThrow(unexpected);
		for (const reply of ["1790000000 0", "a time", ["1790000000", "0", 1]])
			expect(() => question.limit.read(decode(reply), 1), question.limit.kind).toThrow(unexpected);
	}
});

testDigests(commands.map(({ command }) => command.script ?? expect.fail("a command without a script")));
