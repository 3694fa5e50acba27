import { EventEmitter } from "node:events";
import { CrossSlotError, hashTag, InvalidArgumentError, integer, makeKey } from "@rk/client";
import { expect, test } from "vitest";
import {
	createScripts,
	defineScript,
	IncludeError,
	int,
	list,
	optional,
	sameSlot,
	tagged,
	text,
} from "../src/index.ts";

/** What a type checker would have seen, made without one. */
const define = (definition: object): unknown =>
	Reflect.apply(defineScript, undefined, [
		{ name: "s", keys: ["key"], args: { value: int }, reply: int, lua: "return 1", ...definition },
	]);

test.each([
	["name", { name: "a b" }],
	["name", { name: undefined }],
	["lua", { lua: "" }],
	["lua", { lua: "#!lua flags=allow-oom\nreturn 1" }],
	["keys", { keys: "key" }],
	["keys[0]", { keys: ["a-b"] }],
	["keys[1]", { keys: ["a", "a"] }],
	["keys.items", { keys: ["...items", "last"] }],
	["args[0]", { args: { "1": int } }],
	["args.value", { args: { value: integer } }],
	["args.values", { args: { values: list(int), last: int } }],
	["reply", { reply: undefined }],
	["reply", { reply: {} }],
	["encoding", { reply: integer, encoding: "latin1" }],
	["encoding", { encoding: "utf8" }],
	["includes", { includes: null }],
	["includes.a", { includes: { a: 5 } }],
	["lua", { lua: "return 'a\ud800'" }],
	["includes.a", { includes: { a: "-- a\ud800" } }],
	["check", { check: 5 }],
	["errors", { errors: null }],
	["errors.MINE", { errors: { MINE: 5 } }],
	["native", { native: {} }],
	["native[0]", { native: [{ needs: "GETDEL" }] }],
	["readOnly", { readOnly: "yes" }],
	["strict", { strict: 1 }],
	["readonly", { readonly: true }],
])("%s is refused by name when a definition has it wrong", (argument, wrong) => {
	expect(() => define(wrong)).toThrow(InvalidArgumentError);
	expect(() => define(wrong)).toThrow(expect.objectContaining({ argument }));
});

test("optional() and list() take codecs only", () => {
	for (const make of [optional, list]) {
		for (const wrong of [undefined, "int", list(int)]) {
			const attempt = (): unknown => Reflect.apply(make, undefined, [wrong]);
			expect(attempt).toThrow(expect.objectContaining({ name: "InvalidArgumentError", argument: "codec" }));
		}
	}
});

const script = defineScript({
	name: "s",
	keys: ["from", "...others"],
	args: { by: int, note: optional(text) },
	reply: int,
	lua: "return 1",
});
const call =
	(...params: unknown[]) =>
	() =>
		Reflect.apply(script, undefined, params);

test.each([
	["keys", call()],
	["keys.from", call({ others: [] }, { by: 1 })],
	["keys.from", call({ from: 5, others: [] }, { by: 1 })],
	["keys.others", call({ from: "a" }, { by: 1 })],
	["keys.others", call({ from: "a", others: "b" }, { by: 1 })],
	["keys.form", call({ form: "a", from: "a", others: [] }, { by: 1 })],
	["args.by", call({ from: "a", others: [] })],
	["args.by", call({ from: "a", others: [] }, { by: "1" })],
	["args.by", call({ from: "a", others: [] }, { by: 2 ** 53 })],
	["args.note", call({ from: "a", others: [] }, { by: 1, note: 5 })],
	["args.nota", call({ from: "a", others: [] }, { by: 1, nota: "n" })],
])("%s is refused by name when a call has it wrong", (argument, attempt) => {
	expect(attempt).toThrow(InvalidArgumentError);
	expect(attempt).toThrow(expect.objectContaining({ argument }));
});

// Red without sharedSlot() in the definition: a single server takes them.
test("keys of different slots are refused by name where the command is made, cluster or not", () => {
	const attempt = (): unknown => script({ from: "a", others: ["b"] }, { by: 1 });
	expect(attempt).toThrow(CrossSlotError);
	expect(attempt).toThrow(expect.objectContaining({ keys: ["a", "b"], outcome: "not-sent" }));
	expect(script({ from: "{x}a", others: ["{x}b"] }, { by: 1 }).keys).toEqual(["{x}a", "{x}b"]);
});

test("a call goes by digest with keys and arguments in the order of the definition", () => {
	const { args, key, readOnly } = script({ others: ["{x}b"], from: "{x}a" }, { note: "n", by: -3 });
	expect(args).toEqual(["EVALSHA", script.sha1, "2", "{x}a", "{x}b", "-3", "n"]);
	expect({ key, readOnly }).toEqual({ key: "{x}a", readOnly: false });
	const reading = defineScript({ name: "r", keys: ["key"], reply: int, readOnly: true, lua: "return 1" });
	expect(reading({ key: "k" }).args).toEqual(["EVALSHA_RO", reading.sha1, "1", "k"]);
	expect(reading.source).toMatch(/^#!lua flags=no-writes\n/);
});

const including = (lua: string, includes: Readonly<Record<string, string>>): string =>
	defineScript({ name: "main", keys: [], reply: int, strict: false, lua, includes }).source;

test("an include stands in its own place, and one that several need comes once", () => {
	const includes = {
		"a.lua": `--- @include "base"\nlocal a = base + 1`,
		"b.lua": `--- @include "base"\nlocal b = base + 2`,
		base: "local base = 1",
	};
	const lua = `-- main\n--- @include "a.lua"\n  --- @include "b.lua"\r\nreturn a + b`;
	expect(including(lua, includes).split("\n")).toEqual([
		"#!lua",
		"-- main",
		"local base = 1",
		"local a = base + 1",
		"local b = base + 2",
		"return a + b",
	]);
});

// Each is red when its throw in expandIncludes() is left out: nothing included, no end, a second copy.
test.each([
	["missing", `\n--- @include "x"`, {}, "main.lua", 2, "x"],
	["missing", `--- @include "toString"`, {}, "main.lua", 1, "toString"],
	["cycle", `--- @include "a"`, { a: `--- @include "b"`, b: `\n\n--- @include "a"` }, "b", 3, "a"],
	["cycle", `--- @include "a"`, { a: `--- @include "a"` }, "a", 1, "a"],
	["duplicate", `--- @include "a"\n--- @include "a"`, { a: "" }, "main.lua", 2, "a"],
	["malformed", `\n--- @include 'a'`, { a: "" }, "main.lua", 2, "'a'"],
	["malformed", `--- @include "a" -- why`, { a: "" }, "main.lua", 1, `"a" -- why`],
] as const)(
	"an include that is %s is refused, with its place: %s",
	(reason, lua, includes, file, line, include) => {
		expect(() => including(lua, includes)).toThrow(IncludeError);
		const facts = { code: "RK_LUA_INCLUDE", reason, script: "main", file, line, include };
		expect(() => including(lua, includes)).toThrow(expect.objectContaining(facts));
	},
);

test("siblings share a slot whatever they are made of, and the names are those of makeKey", () => {
	const order = tagged("order", 42);
	expect([order(), order("lock"), order("items", "a:b")]).toEqual([
		"{order:42}",
		"{order:42}:lock",
		"{order:42}:items:a%3Ab",
	]);
	expect(order("lock")).toBe(makeKey(hashTag("order", 42), "lock"));
	expect(sameSlot([order("lock"), order("items"), order()])).toBe(true);
	expect(sameSlot(["a", "b"])).toBe(false);
	expect(sameSlot(["a"])).toBe(true);
	expect(sameSlot([])).toBe(true);
	expect(() => tagged("")).toThrow(InvalidArgumentError);
});

test.each([
	["scripts", undefined],
	["scripts.a", { a: () => 1 }],
	["scripts.close", { close: script }],
	["scripts.preload", { preload: script }],
])("%s is refused in a set of scripts", (argument, scripts) => {
	const port = { everyMaster: () => {} };
	const attempt = (): unknown => Reflect.apply(createScripts, undefined, [port, scripts]);
	expect(attempt).toThrow(expect.objectContaining({ argument }));
});

test.each([undefined, new EventEmitter()])(
	"a client that is no port of an adapter is refused: %s",
	(client) => {
		const attempt = (): unknown => Reflect.apply(createScripts, undefined, [client, { script }]);
		expect(attempt).toThrow(expect.objectContaining({ argument: "redis", code: "RK_INVALID_ARGUMENT" }));
	},
);
