import { readdirSync, readFileSync } from "node:fs";
import { raw } from "@rk/client";
import { expect, inject, test } from "vitest";
import * as scripts from "../../src/leaderboard/scripts.ts";
import { adapters, open } from "../redis.ts";

const folder = new URL("../../src/leaderboard/lua/", import.meta.url);
const parts = ["board.lua", "list.lua", "write.lua"];
const read = (file: string): string => readFileSync(new URL(file, folder), "utf8");
const files = readdirSync(folder).filter((file) => !parts.includes(file));
const bound = Object.values(scripts);
const headerOf = (lua: string): string =>
	lua
		.split("\n")
		.filter((line) => line.startsWith("--"))
		.join("\n");

test("every Lua file is in a script, behind the beginning that all share", () => {
	expect(bound).toHaveLength(files.length);
	for (const file of files) {
		const script = bound.find(({ source }) => source.endsWith(read(file))) ?? expect.fail(file);
		expect(script.source.startsWith(read("board.lua"))).toBe(true);
		expect(script.readOnly).toBe(!script.source.includes(read("write.lua")));
	}
});

test("a header says which keys and arguments its script takes, and what it replies", () => {
	for (const file of [...files, "board.lua"]) {
		const header = headerOf(read(file));
		expect(header, file).toContain("Replies");
		for (const [used] of read(file)
			.slice(header.length)
			.matchAll(/(KEYS|ARGV)\[\d\]/g))
			expect(header + headerOf(read("board.lua")), `${file}: ${used}`).toContain(used);
	}
});

test("the server knows each by the digest that we send", async () => {
	const [adapter = expect.fail()] = adapters;
	const redis = await open(adapter, inject("redisUrl"));
	for (const { source, sha1 } of bound)
		expect(await redis.command(raw(["SCRIPT", "LOAD", source]))).toBe(sha1);
});
