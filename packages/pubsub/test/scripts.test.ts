import { readdirSync, readFileSync } from "node:fs";
import { raw, slotOf } from "@rk/client";
import { connect } from "@rk/ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { cursorKey, namesOf } from "../src/durable/names.ts";
import * as scripts from "../src/durable/scripts.ts";
import "../../../test/context.ts";

const folder = new URL("../src/durable/", import.meta.url);
const sources = readdirSync(folder)
	.filter((file) => file.endsWith(".lua"))
	.map((file) => ({ file, lua: readFileSync(new URL(file, folder), "utf8") }));
const bound = Object.values(scripts);

test("every Lua file is bound once, and takes as many keys as its header says", () => {
	expect(bound.map(({ source }) => source).sort()).toEqual(sources.map(({ lua }) => lua).sort());
	for (const { file, lua } of sources) {
		const header = lua.split("\n").filter((line) => line.startsWith("--"));
		const keys = new Set(header.join("\n").match(/KEYS\[\d\]/g));
		const script = bound.find(({ source }) => source === lua) ?? expect.fail(file);
		expect(script([...keys], []).args[2], file).toBe(String(keys.size));
		const body = lua.slice(header.join("\n").length);
		for (const used of body.match(/(KEYS|ARGV)\[\d\]/g) ?? [])
			expect(header.join("\n"), file).toContain(used);
		expect(header.join("\n"), file).toContain("Replies");
	}
});

test("the server knows each by the digest that we send", async () => {
	const redis = await connect({ url: inject("redisUrl") });
	onTestFinished(() => redis.close());
	for (const { source, sha1 } of bound)
		expect(await redis.command(raw(["SCRIPT", "LOAD", source]))).toBe(sha1);
});

test("all that a topic has is in one slot, whatever its name is", () => {
	for (const name of ["orders", "a:b", "{a}", "}", "%", "ключ"]) {
		const { stream, state, channel } = namesOf("pubsub", name);
		const cursor = cursorKey("pubsub", name, "{x}:y");
		expect(new Set([stream, state, channel, cursor]).size).toBe(4);
		expect(new Set([stream, state, channel, cursor].map(slotOf)).size).toBe(1);
	}
});
