import { readdirSync, readFileSync } from "node:fs";
import { raw } from "@rk/client";
import { connect } from "@rk/ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import * as scripts from "../src/scripts.ts";
import "../../../test/context.ts";

const folder = new URL("../src/lua/", import.meta.url);
const sources = readdirSync(folder).map((file) => ({
	file,
	lua: readFileSync(new URL(file, folder), "utf8"),
}));
const bound = Object.values(scripts);

test("every Lua file is bound once, takes as many keys as its header says, and uses what its header names", () => {
	expect(bound.map(({ source }) => source).sort()).toEqual(sources.map(({ lua }) => lua).sort());
	for (const { file, lua } of sources) {
		const header = lua
			.split("\n")
			.filter((line) => line.startsWith("-- "))
			.join("\n");
		const keys = new Set(header.match(/KEYS\[\d\]/g));
		const script = bound.find(({ source }) => source === lua) ?? expect.fail(file);
		expect(script([...keys], []).args[2], file).toBe(String(keys.size));
		for (const used of lua.match(/(KEYS|ARGV)\[\d\]/g) ?? []) expect(header, file).toContain(used);
		expect(header, file).toContain("Replies");
	}
});

test("the server knows each by the digest that we send", async () => {
	const redis = await connect({ url: inject("redisUrl") });
	onTestFinished(() => redis.close());
	for (const { source, sha1 } of bound)
		expect(await redis.command(raw(["SCRIPT", "LOAD", source]))).toBe(sha1);
});
