import { CommandError, get, type RedisPort, ServerError, set } from "@rk/client";
import { beforeEach, describe, expect, inject, test } from "vitest";
import { bool, createScripts, defineScript, InsufficientFundsError, int, LuaError } from "../src/index.ts";
import { adapters, errorOf, forThisTest } from "./adapters.ts";

const key = "lua:errors";
const includes = {
	"lib.lua": `local function fail()\n  local none\n  return none.field\nend`,
	"broken.lua": `local x = 1\nlocal y = = 2`,
};
const script = (lua: string, strict = true) =>
	defineScript({ name: "failing", keys: ["key"], reply: int, lua, includes, strict });

describe.each(adapters)("over $name", ({ connect }) => {
	let redis: RedisPort;
	beforeEach(async () => {
		redis = await forThisTest(connect(inject("redisUrl")));
		await redis.command(set(key, "text", { ttlMs: 60_000 }));
	});

	// Red (off by two, or by the length of an include) when assemble() does not keep where each line was written.
	test.each([
		[
			"of its own",
			`local x\n\nreturn x.y`,
			"failing.lua",
			3,
			"attempt to index local 'x' (a nil value)",
			"ERR",
		],
		[
			"in an include",
			`--- @include "lib.lua"\nreturn fail()`,
			"lib.lua",
			3,
			"attempt to index local 'none' (a nil value)",
			"ERR",
		],
		["behind an include", `--- @include "lib.lua"\n\nerror("mine")`, "failing.lua", 3, "mine", "ERR"],
		[
			"of a command",
			`redis.call("GET", KEYS[1])\nreturn redis.call("LLEN", KEYS[1])`,
			"failing.lua",
			2,
			"WRONGTYPE Operation",
			"WRONGTYPE",
		],
		["thrown with a word", `error({err = "MINE went wrong"})`, "failing.lua", 1, "MINE went wrong", "MINE"],
		["of syntax", `local a = 1\nreturn = a`, "failing.lua", 2, "unexpected symbol near '='", "ERR"],
		[
			"of syntax in an include",
			`\n--- @include "broken.lua"`,
			"broken.lua",
			2,
			"unexpected symbol near '='",
			"ERR",
		],
		[
			"of an unknown global",
			`\nreturn nosuch`,
			"failing.lua",
			2,
			"nonexistent global variable 'nosuch'",
			"ERR",
		],
		["of a block without an end", `local a = 1\nif a then`, "failing.lua", 2, "'end' expected", "ERR"],
	])("an error %s has its file and line", async (_what, lua, file, line, message, reason) => {
		for (const strict of [true, false]) {
			const scripts = createScripts(redis, { failing: script(lua, strict) });
			// By digest where the server knows it, and by source before.
			for (let i = 0; i < 2; i++) {
				const error = await errorOf(() => scripts.failing({ key }));
				expect(error).toBeInstanceOf(LuaError);
				const facts = { code: "RK_LUA_ERROR", outcome: "refused", script: "failing", file, line, reason };
				expect(error).toMatchObject({ ...facts, cause: expect.any(ServerError) });
				expect(String(error)).toContain(`The script "failing" failed at ${file}:${line}: `);
				expect(String(error)).toContain(message);
				expect(String(error)).not.toContain("user_script");
			}
		}
	});

	test("in batches and transactions the script explains its errors", async () => {
		const failing = script(`return redis.call("LLEN", KEYS[1])`);
		const commands = [failing({ key }), get(key)] as const;
		for (const results of [await redis.batch(commands), await redis.transaction(commands)]) {
			expect(results[1]).toBe("text");
			expect(failing.explain(results[0])).toMatchObject({
				code: "RK_LUA_ERROR",
				file: "failing.lua",
				line: 1,
			});
		}
		const other = new Error("other");
		expect(failing.explain(other)).toBe(other);
		expect(failing.explain(5)).toBe(5);
	});

	test("an error that a script replies with on purpose keeps its code, or is what the definition says", async () => {
		const lua = `return redis.error_reply("RKFUNDS 30 left")`;
		const plain = createScripts(redis, { plain: script(lua) });
		await expect(plain.plain({ key })).rejects.toMatchObject({ name: "ServerError", code: "RKFUNDS" });
		const errors = {
			RKFUNDS: ({ reply }: { reply: string }) => new InsufficientFundsError(Number(reply.split(" ")[1])),
		};
		const typed = defineScript({ name: "typed", keys: ["key"], reply: int, lua, errors });
		const scripts = createScripts(redis, { typed });
		await expect(scripts.typed({ key })).rejects.toMatchObject({
			code: "RK_INSUFFICIENT_FUNDS",
			balance: 30,
		});
		const [inBatch] = await redis.batch([typed({ key })]);
		expect(typed.explain(inBatch)).toMatchObject({ balance: 30 });
	});

	test("what a script wrote before it failed stays written", async () => {
		const scripts = createScripts(redis, {
			half: script(`redis.call("SET", KEYS[1], "half", "PX", 60000)\nreturn redis.call("LLEN", KEYS[1])`),
		});
		await expect(scripts.half({ key })).rejects.toMatchObject({ reason: "WRONGTYPE", line: 2 });
		expect(await redis.command(get(key))).toBe("half");
	});

	// Red without the no-writes flag and EVALSHA_RO: the key is set.
	test("the server refuses the writes of a script that is read-only", async () => {
		const lua = `return redis.call("SET", KEYS[1], "written")`;
		const writing = defineScript({ name: "writing", keys: ["key"], reply: int, readOnly: true, lua });
		const scripts = createScripts(redis, { writing });
		await expect(scripts.writing({ key })).rejects.toMatchObject({ code: "RK_LUA_ERROR", line: 1 });
		// The flag alone does it too, however the script is called.
		const { source } = writing;
		const byFlag = { ...writing({ key }), args: ["EVAL", source, "1", key] as const, script: undefined };
		const refused = await errorOf(() => redis.command(byFlag));
		expect(String(refused)).toMatch(/Write commands are not allowed from read-only scripts/);
		expect(await redis.command(get(key))).toBe("text");
	});

	test("a call takes a deadline and a signal, and a failure of the connection is no LuaError", async () => {
		const scripts = createScripts(redis, { failing: script("return 1") });
		const signal = AbortSignal.abort("enough");
		const error = await errorOf(() => scripts.failing({ key }, {}, { signal }));
		expect(error).toBeInstanceOf(CommandError);
		expect(error).toMatchObject({ code: "RK_ABORTED", outcome: "not-sent", cause: "enough" });
		await expect(scripts.failing({ key }, {}, { timeoutMs: 0 })).rejects.toMatchObject({
			argument: "timeoutMs",
		});
		await redis.close({ graceMs: 0 });
		await expect(scripts.failing({ key })).rejects.toMatchObject({ code: "RK_CLOSED" });
	});

	test("what is wrong with a call rejects, and is not thrown past a catch", async () => {
		const flags = defineScript({
			name: "flags",
			keys: ["key"],
			args: { on: bool },
			reply: int,
			lua: "return 1",
		});
		const scripts = createScripts(redis, { flags });
		const wrong: Promise<unknown> = Reflect.apply(scripts.flags, undefined, [{ key }, { on: "yes" }]);
		await expect(wrong).rejects.toMatchObject({ argument: "args.on" });
	});
});
