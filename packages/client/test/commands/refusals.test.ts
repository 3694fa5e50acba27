import { describe, expect, expectTypeOf, it } from "vitest";
import type { Command, Reply, ResultOf } from "../../src/command.ts";
import * as c from "../../src/commands/index.ts";
import { type StreamEntry, text } from "../../src/decode.ts";
import { InvalidArgumentError } from "../../src/errors.ts";

const k = "key";
const half = 0.5;
const unsafe = 2 ** 53;

/** What a caller without a type checker may pass. */
const untyped = <T>(json: string): T => JSON.parse(json);

describe("a wrong argument is refused at the call, by its name", () => {
	it.each<[string, unknown, () => Command<unknown>]>([
		["ttlMs", 0, () => c.set(k, "v", { ttlMs: 0 })],
		["ttlMs", half, () => c.set(k, "v", { ttlMs: half })],
		["ttlMs", Number.NaN, () => c.getex(k, { ttlMs: Number.NaN })],
		["ttlMs", -1, () => c.pexpire(k, -1)],
		["ttlMs", unsafe, () => c.hpexpire(k, unsafe, "f")],
		["expireAtMs", 0, () => c.set(k, "v", { expireAtMs: 0 })],
		["expireAtMs", 5, () => c.set(k, "v", { expireAtMs: 5, ttlMs: 5 })],
		["keepTtl", true, () => c.set(k, "v", { keepTtl: true, ttlMs: 5 })],
		["persist", true, () => c.getex(k, { persist: true, ttlMs: 5 })],
		["onlyIf", "sometimes", () => c.set(k, "v", { onlyIf: untyped('"sometimes"') })],
		["onlyIf", "sometimes", () => c.pexpire(k, 5, { onlyIf: untyped('"sometimes"') })],
		["onlyIf", "sometimes", () => c.zadd(k, "m", 5, { onlyIf: untyped('"sometimes"') })],
		["delta", half, () => c.incrby(k, half)],
		["delta", unsafe, () => c.decrby(k, unsafe)],
		["delta", half, () => c.hincrby(k, "f", half)],
		["delta", Number.POSITIVE_INFINITY, () => c.incrbyfloat(k, Number.POSITIVE_INFINITY)],
		["delta", Number.NaN, () => c.hincrbyfloat(k, "f", Number.NaN)],
		["delta", 2n ** 63n, () => c.incrbyBigInt(k, 2n ** 63n)],
		["delta", -(2n ** 63n) - 1n, () => c.hincrbyBigInt(k, "f", -(2n ** 63n) - 1n)],
		["delta", 5, () => c.incrbyBigInt(k, untyped("5"))],
		["score", Number.NaN, () => c.zadd(k, "m", Number.NaN)],
		["score", Number.NaN, () => c.zaddMany(k, [["m", Number.NaN]])],
		["delta", Number.NaN, () => c.zincrby(k, "m", Number.NaN)],
		["min", Number.NaN, () => c.zcount(k, Number.NaN, 5)],
		["max", Number.NaN, () => c.zrangeByScore(k, 5, { exclusive: Number.NaN })],
		["limit.count", -1, () => c.zrangeByScore(k, 5, 6, { limit: { count: -1 } })],
		["limit.offset", half, () => c.zrangeByLex(k, "-", "+", { limit: { offset: half, count: 5 } })],
		["weights", [1], () => c.zunionstore(k, ["a", "b"], { weights: [1] })],
		["weights[1]", Number.NaN, () => c.zunionstore(k, ["a", "b"], { weights: [1, Number.NaN] })],
		["aggregate", "sometimes", () => c.zinterstore(k, "a", { aggregate: untyped('"sometimes"') })],
		["start", half, () => c.zrange(k, half, -1)],
		["stop", half, () => c.lrange(k, 0, half)],
		["count", 0, () => c.zpopmin(k, 0)],
		["count", 0, () => c.spopMany(k, 0)],
		["count", 0, () => c.scan("0", { count: 0 })],
		["count", 0, () => c.xread([[k, "0"]], { count: 0 })],
		["blockMs", -1, () => c.blpop(k, -1)],
		["blockMs", half, () => c.xread([[k, "$"]], { blockMs: half })],
		["offset", 2 ** 32, () => c.setbit(k, 2 ** 32, true)],
		["offset", -1, () => c.getbit(k, -1)],
		["type", "u64", () => c.bitfieldRo(k, [{ type: "u64", offset: 0 }])],
		["type", "i0", () => c.bitfield(k, [{ get: { type: "i0", offset: 0 } }])],
		["type", "sometimes", () => c.bitfield(k, [{ get: { type: untyped('"sometimes"'), offset: 0 } }])],
		["to", unsafe, () => c.bitfield(k, [{ set: { type: "i64", offset: 0 }, to: unsafe }])],
		["overflow", "sometimes", () => c.bitfield(k, [{ overflow: untyped('"sometimes"') }])],
		["operations", [], () => c.bitfield(k, [])],
		["places", [], () => c.bitfieldRo(k, [])],
		["keys", ["a", "b"], () => c.bitop("not", k, ["a", "b"])],
		["keys", [], () => c.del([])],
		["keys", [], () => c.mget([])],
		["keys", [], () => c.blpop([], 5)],
		["entries", [], () => c.mset([])],
		["fields", [], () => c.hsetMany(k, [])],
		["fields", [], () => c.hmget(k, [])],
		["fields", [], () => c.xadd(k, [])],
		["members", [], () => c.sadd(k, [])],
		["members", [], () => c.zaddMany(k, [])],
		["elements", [], () => c.pfadd(k, [])],
		["from", [], () => c.xread([])],
		["from", "sometimes", () => c.lmove(k, k, untyped('"sometimes"'), "left")],
		["trim.maxLength", -1, () => c.xtrim(k, { maxLength: -1 })],
		["minIdleMs", -1, () => c.xclaim(k, "g", "me", -1, "5-1")],
		["samples", -1, () => c.memoryUsage(k, -1)],
		["id", 0, () => c.clientKill({ id: 0 })],
	])("%s: %o", (argument, value, build) => {
		expect(build).toThrow(InvalidArgumentError);
		expect(build).toThrow(expect.objectContaining({ code: "RK_INVALID_ARGUMENT", argument, value }));
	});

	it("says what is allowed", () => {
		expect(() => c.set(k, "v", { onlyIf: untyped('"sometimes"') })).toThrow(
			'onlyIf is "sometimes", but must be "absent" or "present"',
		);
		expect(() => c.pexpire(k, half)).toThrow("ttlMs is 0.5, but must be a whole number, 1 or more");
	});
});

describe("the result's type", () => {
	it("is that of what the server answers", () => {
		expectTypeOf(c.get(k)).toEqualTypeOf<Command<string | null>>();
		expectTypeOf(c.getBuffer(k)).toEqualTypeOf<Command<Buffer | null>>();
		expectTypeOf(c.set(k, "v", { ttlMs: 5 })).toEqualTypeOf<Command<boolean>>();
		expectTypeOf(c.mget([k])).toEqualTypeOf<Command<Array<string | null>>>();
		expectTypeOf(c.incrbyBigInt(k, 1n)).toEqualTypeOf<Command<bigint>>();
		expectTypeOf(c.hgetallBuffer(k)).toEqualTypeOf<Command<Map<string, Buffer>>>();
		expectTypeOf(c.zrevrank(k, "m")).toEqualTypeOf<Command<number | null>>();
		expectTypeOf(c.blpop(k, 5)).toEqualTypeOf<Command<[key: string, value: string] | null>>();
		expectTypeOf(c.xread([[k, "0"]])).toEqualTypeOf<Command<Array<[key: string, entries: StreamEntry[]]>>>();
		expectTypeOf(c.xinfoStream(k)).toEqualTypeOf<Command<Map<string, Reply>>>();
		expectTypeOf(c.fcall("f", [k], [], text)).toEqualTypeOf<Command<string>>();
		expectTypeOf<ResultOf<ReturnType<typeof c.time>>>().toEqualTypeOf<number>();
	});

	it("goes with arguments that cannot be mistaken", () => {
		expectTypeOf(c.set).parameter(1).toEqualTypeOf<string | Buffer>();
		expectTypeOf<{ onlyIf: "sometimes" }>().not.toExtend<c.SetOptions>();
		expectTypeOf<{ type: "x8"; offset: 0 }>().not.toExtend<c.BitfieldPlace>();
	});
});
