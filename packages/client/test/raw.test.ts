import { expect, expectTypeOf, test } from "vitest";
import {
	type Command,
	defineScript,
	get,
	InvalidArgumentError,
	integer,
	type Reply,
	raw,
	set,
} from "../src/index.ts";

test("the name goes uppercase, and the routing key is found", () => {
	expect(raw(["object", "FREQ", "k"])).toMatchObject({
		args: ["OBJECT", "FREQ", "k"],
		key: "k",
		session: false,
	});
	expect(raw(["mget", "a", "b"])).toMatchObject({ key: "a", keys: ["a", "b"] });
	expect(raw(["FT.SEARCH", "index", "*"], { key: "tag" })).toMatchObject({ key: "tag", keys: undefined });
	expect(raw(["BLPOP", "q", "0"]).session).toBe(true);
});

test("its reply is canonical, or what the decoder given makes of it", () => {
	expectTypeOf(raw(["PING"])).toEqualTypeOf<Command<Reply>>();
	expectTypeOf(raw(["STRLEN", "k"], { decode: integer })).toEqualTypeOf<Command<number>>();
	expect(raw(["X"]).decode([true, false, [new Error("WRONGTYPE no")], Buffer.from("b")])).toEqual([
		1,
		0,
		[expect.objectContaining({ code: "WRONGTYPE" })],
		Buffer.from("b"),
	]);
	expect(raw(["X"], { decode: integer }).decode(3)).toBe(3);
});

test.each([
	["args[0]", () => raw([])],
	["args[0]", () => Reflect.apply(raw, undefined, [[5]])],
	["args[0]", () => raw([""])],
	["X[1]", () => Reflect.apply(raw, undefined, [["x", 5]])],
	["SET[2]", () => Reflect.apply(set, undefined, ["k", 5])],
	["GET[1]", () => Reflect.apply(get, undefined, [undefined])],
	[
		"keys[0]",
		() => Reflect.apply(defineScript({ lua: "return 1", keys: 1, reply: integer }), undefined, [[7]]),
	],
	[
		"args[1]",
		() =>
			Reflect.apply(defineScript({ lua: "return 1", keys: 0, reply: integer }), undefined, [[], ["a", null]]),
	],
	["keys", () => defineScript({ lua: "return 1", keys: 2, reply: integer })(["a"])],
	["keys", () => defineScript({ lua: "return 1", keys: -1, reply: integer })],
])("%s is checked where it is given", (argument, make) => {
	expect(make).toThrow(InvalidArgumentError);
	expect(make).toThrow(expect.objectContaining({ argument }));
});
