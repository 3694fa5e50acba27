import { readdirSync, readFileSync } from "node:fs";
import { raw, type Script } from "@rk/client";
import { describe, expect, inject, test } from "vitest";
import * as counters from "../src/counters/scripts.ts";
import * as hyperloglog from "../src/hyperloglog/scripts.ts";
import * as sessions from "../src/sessions/scripts.ts";
import { adapters, open } from "./redis.ts";

describe.each<[folder: string, bound: Record<string, Script>]>([
	["counters", { ...counters }],
	["hyperloglog", { ...hyperloglog }],
	["sessions", { ...sessions }],
])("of the scripts of %s", (name, bound) => {
	const folder = new URL(`../src/${name}/`, import.meta.url);
	const sources = readdirSync(folder)
		.filter((file) => file.endsWith(".lua"))
		.map((file) => ({ file, lua: readFileSync(new URL(file, folder), "utf8") }));

	test("each is bound once, and its header says what it takes and replies", () => {
		const texts = Object.values(bound).map(({ source }) => source);
		expect(texts.sort()).toEqual(sources.map(({ lua }) => lua).sort());
		for (const { file, lua } of sources) {
			const header = /^(--[^\n]*\n)+/.exec(lua)?.[0] ?? "";
			expect(header, file).toContain("Replies");
			for (const [used] of lua.slice(header.length).matchAll(/(KEYS|ARGV)\[\d\]/g))
				expect(header, `${file}: ${used}`).toContain(used);
		}
	});

	test("the server knows each by the digest that we send", async () => {
		const [adapter = expect.fail()] = adapters;
		const redis = await open(adapter, inject("redisUrl"));
		for (const { source, sha1 } of Object.values(bound))
			expect(await redis.command(raw(["SCRIPT", "LOAD", source]))).toBe(sha1);
	});
});
