import { text as asText, bytesOrNull, type RedisPort } from "@rk/client";
import fc from "fast-check";
import { beforeEach, describe, expect, inject, test } from "vitest";
import {
	bool,
	bytes,
	type Codec,
	createScripts,
	defineScript,
	float,
	int,
	json,
	LuaReplyError,
	list,
	optional,
	type ReplyReader,
	text,
} from "../src/index.ts";
import { adapters, errorOf, forThisTest } from "./adapters.ts";

/** Gives back what it was given, by way of a key, so that the value has been through the whole server. */
const through = <In, Out>(codec: Codec<In, Out>) =>
	defineScript({
		name: "through",
		keys: ["key"],
		args: { value: codec },
		reply: codec,
		lua: `
			redis.call("SET", KEYS[1], ARGV[1], "PX", 60000)
			return redis.call("GET", KEYS[1])`,
	});

/** Replies with what this Lua says. */
const replying = (lua: string, strict = true) =>
	defineScript({ name: "replying", keys: ["key"], reply: int, strict, lua });

const INVALID = { name: "InvalidArgumentError", argument: "args.value" };

describe.each(adapters)("over $name", ({ connect }) => {
	let redis: RedisPort;
	beforeEach(async () => {
		redis = await forThisTest(connect(inject("redisUrl")));
	});
	const key = "lua:values";

	test("whole numbers up to 2^53 − 1 arrive exactly, and all others are refused", async () => {
		const scripts = createScripts(redis, { through: through(int) });
		const most = 2 ** 53 - 1;
		for (const value of [0, 1, -1, most, -most]) {
			expect(await scripts.through({ key }, { value })).toBe(value);
		}
		expect(await scripts.through({ key }, { value: -0 })).toBe(0);
		for (const value of [2 ** 53, 2 ** 53 + 2, -(2 ** 53), 1e21, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
			await expect(scripts.through({ key }, { value })).rejects.toMatchObject(INVALID);
		}
	});

	test("any finite double arrives exactly, −0 included", async () => {
		const scripts = createScripts(redis, { through: through(float) });
		const check = async (value: number): Promise<void> => {
			expect(Object.is(await scripts.through({ key }, { value }), value)).toBe(true);
		};
		for (const value of [-0, 0.1, 1e21, -1e-7, 2 ** 53 + 2, Number.MIN_VALUE, Number.MAX_VALUE])
			await check(value);
		await fc.assert(fc.asyncProperty(fc.double({ noNaN: true, noDefaultInfinity: true }), check), {
			numRuns: 100,
		});
		for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
			await expect(scripts.through({ key }, { value })).rejects.toMatchObject(INVALID);
		}
	});

	test("any text and any bytes arrive exactly, the empty ones included, in values and in keys", async () => {
		const scripts = createScripts(redis, { text: through(text), bytes: through(bytes) });
		await fc.assert(
			fc.asyncProperty(fc.string({ unit: "binary" }), fc.uint8Array(), async (value, array) => {
				expect(await scripts.text({ key }, { value })).toBe(value);
				const raw = Buffer.from(array);
				expect(await scripts.bytes({ key: Buffer.concat([Buffer.from(key), raw]) }, { value: raw })).toEqual(
					raw,
				);
			}),
			{
				numRuns: 100,
				examples: [
					["", new Uint8Array()],
					["\0\r\n", Uint8Array.of(0, 255, 13, 10)],
				],
			},
		);
		await scripts.bytes({ key: "" }, { value: Buffer.of(0xff) });
		expect(await scripts.bytes({ key: "" }, { value: "" })).toEqual(Buffer.alloc(0));
	});

	// Red when exactArg() lets every string pass: the server has U+FFFD, and nobody is told.
	test("text that has no bytes in UTF-8 is refused, in values and in keys", async () => {
		const scripts = createScripts(redis, { text: through(text), bytes: through(bytes) });
		const half = "a\ud800";
		await expect(scripts.text({ key }, { value: half })).rejects.toMatchObject(INVALID);
		await expect(scripts.bytes({ key }, { value: half })).rejects.toMatchObject(INVALID);
		await expect(scripts.text({ key: half }, { value: "a" })).rejects.toMatchObject({ argument: "keys.key" });
	});

	test("JSON arrives as it was, and what JSON has not is refused wherever it is", async () => {
		const scripts = createScripts(redis, { json: through(json()), bool: through(bool) });
		await fc.assert(
			fc.asyncProperty(fc.jsonValue({ noUnicodeString: false }), async (value) => {
				fc.pre(!JSON.stringify(value).includes("-0"));
				const negativeZero = (_: string, part: unknown) => (Object.is(part, -0) ? 0 : part);
				const plain: unknown = JSON.parse(JSON.stringify(value, negativeZero));
				expect(await scripts.json({ key }, { value: plain })).toEqual(plain);
			}),
			{ numRuns: 50 },
		);
		const circular: unknown[] = [];
		circular.push(circular);
		for (const value of [circular, Number.NaN, [-0], { a: { b: Number.POSITIVE_INFINITY } }, 1n, undefined]) {
			await expect(scripts.json({ key }, { value })).rejects.toMatchObject({ name: "InvalidArgumentError" });
		}
	});

	test("what JSON.parse gives is what the codec's reader makes of it", async () => {
		const size = json((value) => (Array.isArray(value) ? value.length : Number.NaN));
		const command = defineScript({ name: "size", keys: [], reply: size, lua: "return '[1,2,3]'" });
		expect(await redis.command(command({}))).toBe(3);
		const broken = defineScript({ name: "broken", keys: [], reply: json(), lua: "return '[1,'" });
		await expect(redis.command(broken({}))).rejects.toMatchObject({ code: "RK_UNEXPECTED_REPLY" });
	});

	// Red without the guard around the script: 3, 1, and a list of one.
	test("a reply that Redis would alter is refused by the server", async () => {
		const cases = [
			["local x = 7 return x * 0.5", "a number that is not whole, 3.5"],
			["return tonumber('1e300')", "a number that is not exact, 1.0000000000000001e+300"],
			["local inf = 1e308 * 10 return inf - inf", "a number that is not whole"],
			["return 2^53 - 48", "a number that is not exact, 9007199254740944"],
			["return -(2^53 - 48)", "a number that is not exact, -9007199254740944"],
			["local x return {1, x, 3}", "a table of which 1 of 2 items would arrive"],
			["local x return {1, {2, x, 4}}", "a table of which 1 of 2 items would arrive"],
			["local x = 1.5 return {1, {2, {x}}}", "a number that is not whole, 1.5"],
			["return {a = 1, 2}", "a table of which 1 of 2 items would arrive"],
			["return {ok = true, left = 5}", "a table of which 0 of 2 items would arrive"],
			["return {err = 0, map = 1, left = 5}", "a table of which 0 of 3 items would arrive"],
			["return {1, tostring, 3}", "a function"],
			["redis.setresp(3) local x = 1.5 return {map = {a = x}}", "a number that is not whole, 1.5"],
		] as const;
		for (const [lua, what] of cases) {
			const scripts = createScripts(redis, { replying: replying(lua) });
			const error = await errorOf(() => scripts.replying({ key }));
			expect(error, lua).toBeInstanceOf(LuaReplyError);
			expect(error).toMatchObject({ code: "RK_LUA_REPLY", outcome: "refused", script: "replying" });
			expect(String(error)).toContain(what);
		}
	});

	test("replies that Redis leaves as they are pass", async () => {
		const run = async <R>(lua: string, reply: ReplyReader<R>) =>
			redis.command(defineScript({ name: "passing", keys: [], reply, lua })({}));
		expect(await run("return 2^53 - 49", int)).toBe(2 ** 53 - 49);
		expect(await run("return 49 - 2^53", int)).toBe(49 - 2 ** 53);
		expect(await run("return '9007199254740991'", int)).toBe(2 ** 53 - 1);
		expect(await run("return string.format('%.17g', 0.1)", float)).toBe(0.1);
		expect(await run("return {1, false, 3}", list(optional(int)))).toEqual([1, null, 3]);
		expect(await run("return {}", list(int))).toEqual([]);
		expect(await run("return {'', '\\255'}", list(bytes))).toEqual([Buffer.alloc(0), Buffer.of(255)]);
		expect(await run("return redis.call('PING')", asText)).toBe("PONG");
		expect(await run("return {double = 3.5}", float)).toBe(3.5);
		expect(await run("return 1 == 1", bool)).toBe(true);
		expect(await run("return 1 == 2", bool)).toBe(false);
		expect(await run("return", optional(text))).toBeNull();
	});

	test("an integer that a client may misread, and text that is none, is not taken for a whole number", async () => {
		for (const lua of [
			"return 2^53 - 48",
			"return '9007199254740993'",
			"return '1.5'",
			"return ''",
			"return '01'",
		]) {
			const scripts = createScripts(redis, { replying: replying(lua, false) });
			await expect(scripts.replying({ key }), lua).rejects.toMatchObject({ code: "RK_UNEXPECTED_REPLY" });
		}
	});

	test("a decoder of the client reads a reply too, as bytes if asked", async () => {
		const held = defineScript({
			name: "held",
			keys: ["key"],
			reply: bytesOrNull,
			encoding: "buffer",
			readOnly: true,
			lua: `return redis.call("GET", KEYS[1])`,
		});
		const scripts = createScripts(redis, { through: through(bytes), held });
		await scripts.through({ key }, { value: Buffer.of(0, 255) });
		expect(await scripts.held({ key })).toEqual(Buffer.of(0, 255));
		expect(await scripts.held({ key: "lua:none" })).toBeNull();
	});

	test("optional arguments that are left out arrive as empty text, lists one by one", async () => {
		const echo = defineScript({
			name: "echo",
			keys: ["first", "...others"],
			args: { ttlMs: optional(int), note: optional(text), values: list(text) },
			reply: list(text),
			lua: "return {#KEYS, unpack(ARGV)}",
			strict: false,
		});
		const shown = defineScript({
			name: "shown",
			keys: ["first", "...others"],
			args: { ttlMs: optional(int), note: optional(text), values: list(text) },
			reply: list(text),
			lua: "local t = {tostring(#KEYS)} for _, v in ipairs(ARGV) do t[#t + 1] = v end return t",
		});
		const scripts = createScripts(redis, { echo, shown });
		const keys = { first: "{a}1", others: ["{a}2", "{a}3"] };
		expect(await scripts.shown(keys, { values: ["x", "", "y"] })).toEqual(["3", "", "", "x", "", "y"]);
		expect(await scripts.shown({ first: "a", others: [] }, { ttlMs: 5, note: "n", values: [] })).toEqual([
			"1",
			"5",
			"n",
		]);
		await expect(scripts.shown(keys, { note: "", values: [] })).rejects.toMatchObject({
			argument: "args.note",
		});
		await expect(scripts.echo(keys, { values: [] })).rejects.toMatchObject({ code: "RK_UNEXPECTED_REPLY" });
	});
});
