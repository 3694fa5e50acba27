import { readdirSync, readFileSync } from "node:fs";
import { raw, slotOf } from "@rk/client";
import { connect } from "@rk/ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { richNames, siblingOf } from "../src/names.ts";
import * as scripts from "../src/scripts.ts";
import "../../../test/context.ts";

const folder = new URL("../src/", import.meta.url);
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

test("all names of a lock are in one slot, and in that of the data that has its key as hash tag", () => {
	for (const key of ["a", "orders:42", "{a}", "}", "%", "ключ"]) {
		const { lock, fence, channel } = richNames("lock:", key);
		expect(new Set([slotOf(lock), slotOf(fence ?? ""), slotOf(channel)]).size).toBe(1);
	}
	expect(slotOf(richNames("lock:", "orders:42").lock)).toBe(slotOf("{orders:42}:items"));
	for (const key of ["a", "{a}", "a}", "{a", "{}", "x{a}y"])
		expect(slotOf(siblingOf(key, "wake"))).toBe(slotOf(key));
});
