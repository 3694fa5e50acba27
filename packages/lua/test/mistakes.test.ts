import { expect, test } from "vitest";
import { compareAndSet, defineScript, int, list, ScriptMistakeError, text } from "../src/index.ts";

/** The mistakes of a script with one key, one argument. */
function mistakesOf(lua: string, includes: Readonly<Record<string, string>> = {}): string[] {
	try {
		defineScript({ name: "checked", keys: ["key"], args: { value: text }, reply: int, lua, includes });
	} catch (error) {
		if (!(error instanceof ScriptMistakeError)) throw error;
		return error.mistakes.map(({ file, line, what }) => `${file}:${line} ${what}`);
	}
	return [];
}

// Each is red when the check that its message names is left out.
test.each([
	[`return redis.call("GET", "stock")`, `checked.lua:1 GET uses a key that is not one of KEYS: "stock"`],
	[`return redis.call("get", ARGV[1])`, "checked.lua:1 get uses a key that is not one of KEYS: ARGV[1]"],
	[
		`redis.call("SET", KEYS[1], ARGV[1])\nreturn redis.pcall('DEL', KEYS[1] .. ":meta")`,
		`checked.lua:2 DEL uses a key that is not one of KEYS: KEYS[1]..":meta"`,
	],
	[
		`local meta = KEYS[1] .. ":meta"\n\nreturn redis.call("GET", meta)`,
		"checked.lua:3 GET uses a key that is not one of KEYS: meta",
	],
	[
		`local key = "stock" return redis.call("GET", key)`,
		"checked.lua:1 GET uses a key that is not one of KEYS: key",
	],
	[
		`local names = {"a"} return redis.call("GET", "x:" .. names["a" .. "b"])`,
		`checked.lua:1 GET uses a key that is not one of KEYS: "x:"..names["a".."b"]`,
	],
	[`return redis.call("MGET", KEYS[1], "b")`, `checked.lua:1 MGET uses a key that is not one of KEYS: "b"`],
	[
		`return redis.call("XINFO", "STREAM", "s")`,
		`checked.lua:1 XINFO uses a key that is not one of KEYS: "s"`,
	],
	[
		`return redis.call("ZUNIONSTORE", KEYS[1], 2, KEYS[1], "z")`,
		`checked.lua:1 ZUNIONSTORE uses a key that is not one of KEYS: "z"`,
	],
	[`return redis.call("GET", KEYS[2])`, "checked.lua:1 KEYS[2] is not declared: there are 1"],
	[`return redis.call("SET", KEYS[1], ARGV[0])`, "checked.lua:1 ARGV[0] is not declared: there are 1"],
	[
		"return 3.7",
		"checked.lua:1 replies with 3.7, of which only the whole part would arrive; reply with text",
	],
	[
		"return {1, -0.5}",
		"checked.lua:1 replies with 0.5, of which only the whole part would arrive; reply with text",
	],
	[
		"local a, b = 1, 2\nif a then return a / b end\nreturn 1",
		"checked.lua:2 replies with a quotient, of which only the whole part would arrive; use math.floor, or text",
	],
	["return {1, nil, 3}", "checked.lua:1 replies with a nil in a list, which would end there; use false"],
])("%s is refused: %s", (lua, mistake) => {
	expect(mistakesOf(lua)).toEqual([mistake]);
});

test.each([
	`return redis.call("GET", KEYS[1])`,
	`local key = KEYS[1] return redis.call("SET", key, "KEYS[2] is text")`,
	`for _, key in ipairs(KEYS) do redis.call("DEL", key) end return #KEYS`,
	`local function read(key) return redis.call("GET", key) end\nlocal t = {key = "x"}\nreturn read(KEYS[1])`,
	`local n = 1 return redis.call("DEL", KEYS[n])`,
	`return redis.call("DEL", unpack(KEYS))`,
	`local key = ARGV[1] == "" and KEYS[1] or KEYS[1] return redis.call("GET", key)`,
	// Red when what a name was given goes on to the end of its line, and when `..` counts within an index.
	`local key = KEYS[1]; local label = "a" .. ARGV[1]\nreturn redis.call("SET", key, label)`,
	`local key = KEYS[1] local label = "a" .. ARGV[1]\nreturn redis.call("SET", key, label)`,
	`local keys = {ab = KEYS[1]}\nlocal key = keys["a" .. ARGV[1]]\nreturn redis.call("GET", key)`,
	`local keys = {ab = KEYS[1]}\nreturn redis.call("GET", keys["a" .. ARGV[1]])`,
	`return redis.call("PUBLISH", "channel", ARGV[1])`,
	`-- redis.call("GET", "x")\n--[[ KEYS[9] ]] return [[ redis.call("GET", "x") ]]`,
	`return redis.call("ECHO", 'a -- "quoted" \\' redis.call("GET", "x")')`,
	"local a, b = 1, 2 return a / b > 1",
	"local a, b = 1, 2 return (a - a % b) / b",
	"local a, b = 1, 2 return math.floor(a / b)",
	"local a, b = 1, 2 return {string.format('%.17g', a / b), tostring(a) .. '/' .. a / b}",
	"local f = function(a) return a / 2 end return tostring(f(3))",
	"local t = {} for i = 1, 3 do t[i] = i / 2 end if t[1] then return 1 else return 0 end",
	"return {double = 3.5}",
	"return 1e3",
	"return {1, nil}",
	"return",
])("%s passes", (lua) => {
	expect(mistakesOf(lua)).toEqual([]);
});

test("a mistake in an include is reported where it was written", () => {
	const includes = { "lib.lua": `local a = 1\nlocal b = redis.call("GET", "x")` };
	expect(mistakesOf(`\n--- @include "lib.lua"\nreturn 1`, includes)).toEqual([
		`lib.lua:2 GET uses a key that is not one of KEYS: "x"`,
	]);
});

test("all mistakes are in one error, with its script", () => {
	const define = (): unknown =>
		defineScript({ name: "wrong", keys: [], reply: int, lua: `redis.call("GET", "x")\nreturn 0.5` });
	expect(define).toThrow(ScriptMistakeError);
	expect(define).toThrow(/"wrong" has mistakes.*\n {2}wrong\.lua:1: .*\n {2}wrong\.lua:2: /s);
});

test("a script that is not strict is not looked at, and nothing is put around it", () => {
	const script = defineScript({
		name: "free",
		keys: [],
		reply: int,
		strict: false,
		lua: `return redis.call("GET", "x")`,
	});
	expect(script.source).toBe(`#!lua\nreturn redis.call("GET", "x")`);
	expect(compareAndSet.source).toMatch(/^#!lua\nlocal script = function\(\)\n-- Sets the value/);
});

test("a list is any number of keys or arguments", () => {
	const lua = "return #KEYS + #ARGV + (KEYS[7] and 1 or 0) + (ARGV[9] and 1 or 0)";
	expect(defineScript({ name: "many", keys: ["...k"], args: { v: list(text) }, reply: int, lua }).takes).toBe(
		2,
	);
});
