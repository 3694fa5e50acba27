import { readdirSync, readFileSync } from "node:fs";
import { raw, type Script, type ScriptCall } from "@rk/client";
import { connect } from "@rk/ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import "./context.ts";

/*
 * What keeps a package's Lua true: each file is in a script, and its header says what it takes and replies.
 */

export interface LuaFile {
	readonly file: string;
	readonly lua: string;
	/** The comment that it begins with. */
	readonly header: string;
}

/** The Lua files of a folder. */
export function luaIn(folder: URL): readonly LuaFile[] {
	const files = readdirSync(folder).filter((file) => file.endsWith(".lua"));
	return files.map((file) => {
		const lua = readFileSync(new URL(file, folder), "utf8");
		return { file, lua, header: /^(--[^\n]*\n)+/.exec(lua)?.[0] ?? "" };
	});
}

/** The header, or that of the part that it is used behind, names each key and argument that the file uses; and it says what it replies. */
export function expectHeader({ file, lua, header }: LuaFile, before = ""): void {
	expect(header, file).toContain("Replies");
	for (const [used] of lua.slice(header.length).matchAll(/(KEYS|ARGV)\[\d\]/g))
		expect(header + before, `${file}: ${used}`).toContain(used);
}

/** Two tests, for a folder with one script in each file. */
export function testScripts(folder: URL, scripts: Readonly<Record<string, ScriptCall<unknown>>>): void {
	const bound = Object.values(scripts);

	// Broken on purpose: KEYS[2] or "Replies" taken out of a header; a file that is bound twice, or not.
	test("every Lua file is bound once, takes as many keys as its header says, and uses what its header names", () => {
		const files = luaIn(folder);
		expect(bound.map(({ source }) => source).sort()).toEqual(files.map(({ lua }) => lua).sort());
		for (const file of files) {
			expectHeader(file);
			const script = bound.find(({ source }) => source === file.lua) ?? expect.fail(file.file);
			const keys = new Set(file.header.match(/KEYS\[\d\]/g));
			expect(script([...keys], []).args[2], file.file).toBe(String(keys.size));
		}
	});

	testDigests(bound);
}

/** A test that the server counts the same bytes as we do. */
export function testDigests(scripts: readonly Script[]): void {
	test("the server knows each script by the digest that we send", async () => {
		const redis = await connect({ url: inject("redisUrl") });
		onTestFinished(() => redis.close());
		expect(scripts).not.toHaveLength(0);
		for (const { source, sha1 } of scripts)
			expect(await redis.command(raw(["SCRIPT", "LOAD", source]))).toBe(sha1);
	});
}
