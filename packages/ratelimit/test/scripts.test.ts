import { readdirSync, readFileSync } from "node:fs";
import { raw } from "@rk/client";
import { connect } from "@rk/ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import * as scripts from "../src/decide-script.ts";
import { fixedWindow, gcra, perSecond, slidingCounter, slidingLog } from "../src/index.ts";

const folder = new URL("../src/lua/", import.meta.url);
const files = readdirSync(folder).map((name) => ({
	name,
	lua: readFileSync(new URL(name, folder), "utf8"),
}));

const algorithms = [
	gcra({ rate: perSecond(10), burst: 20 }),
	fixedWindow({ limit: 5, windowMs: 1_000 }),
	slidingLog({ limit: 5, windowMs: 1_000 }),
	slidingCounter({ limit: 5, windowMs: 1_000 }),
];
const asked = algorithms.map((limit) => ({
	...{ keys: { state: "state", block: "block" }, units: 1, limit, own: limit },
}));

/** A command of every script, by the file that says what it takes. */
const commands = [
	...asked.map((question) => ({
		file: `${question.limit.kind}-limit.lua`,
		command: scripts.decide("limit", question),
	})),
	...asked.map((question) => ({ file: "decide.lua", command: scripts.decide("peek", question) })),
	{ file: "decide.lua", command: scripts.decideAll(asked) },
	{ file: "block.lua", command: scripts.block(["block"], ["1", ""]) },
];

// Broken on purpose: KEYS[2] taken out of a header; a Lua file that no script holds.
test("every Lua file is in a script, and a script takes the keys and arguments that its header says", () => {
	for (const { name, lua } of files)
		expect(
			commands.some(({ command }) => command.script?.source.includes(lua)),
			name,
		).toBe(true);
	for (const { file, command } of commands) {
		const lua = files.find(({ name }) => name === file)?.lua ?? expect.fail(file);
		const header = lua.split("\n\n")[0] ?? "";
		expect(header, file).toContain("Replies");
		const body = lua.slice(header.length);
		for (const used of body.match(/(KEYS|ARGV)\[\d\]/g) ?? []) expect(header, file).toContain(used);
		if (file === "decide.lua") continue; // as many as there are limits
		const keys = new Set(header.match(/KEYS\[\d\]/g)).size;
		const args = new Set(header.match(/ARGV\[\d\]/g)).size;
		expect(command.args[2], file).toBe(String(keys));
		expect(command.args, file).toHaveLength(3 + keys + args);
	}
});

test("the server knows each script by the digest that we send", async () => {
	const redis = await connect({ url: inject("redisUrl") });
	onTestFinished(() => redis.close());
	for (const { command } of commands) {
		const { source = "", sha1 } = command.script ?? {};
		expect(await redis.command(raw(["SCRIPT", "LOAD", source]))).toBe(sha1);
	}
});
