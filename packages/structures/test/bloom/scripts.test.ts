import { readdirSync, readFileSync } from "node:fs";
import { raw } from "@rk/client";
import { expect, inject, test } from "vitest";
import * as scripts from "../../src/bloom/scripts.ts";
import { adapters, open } from "../redis.ts";

const folder = new URL("../../src/bloom/lua/", import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, folder), "utf8");
const files = readdirSync(folder).filter((file) => file !== "filter.lua");
const bound = Object.values(scripts);
const headerOf = (lua: string): string => lua.split("\n\n")[0]?.split("\nlocal")[0] ?? "";

test("every Lua file is in a script, and its header says which arguments it takes and what it replies", () => {
	expect(bound).toHaveLength(files.length);
	const shared = headerOf(read("filter.lua"));
	for (const file of files) {
		expect(bound.some(({ source }) => source.endsWith(read(file)))).toBe(true);
		const header = headerOf(read(file));
		expect(header, file).toContain("Replies");
		for (const [used] of read(file)
			.slice(header.length)
			.matchAll(/(KEYS|ARGV)\[\d\]/g))
			expect(header + shared, `${file}: ${used}`).toContain(used);
	}
});

test("the server knows each by the digest that we send", async () => {
	const [adapter = expect.fail()] = adapters;
	const redis = await open(adapter, inject("redisUrl"));
	for (const { source, sha1 } of bound)
		expect(await redis.command(raw(["SCRIPT", "LOAD", source]))).toBe(sha1);
});
