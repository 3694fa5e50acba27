import type { Arg, Command } from "../../src/command.ts";
import * as builders from "../../src/commands/index.ts";
import { listOf, text } from "../../src/decode.ts";

/*
 * What every builder sends and what comes back, for any client to be tried with. All keys are in one slot; they are deleted
 * before each case. Functions and settings that a case leaves behind are named `rk_…`.
 */

export interface BuilderCase {
	readonly command: Command<unknown>;
	/** What goes on the wire. */
	readonly args: readonly Arg[];
	/** Run before it, in order. */
	readonly before: ReadonlyArray<Command<unknown>>;
	readonly gives: unknown;
}

/** The builders that the cases use. */
export const buildersTried: Set<string> = new Set();

const c = new Proxy(builders, {
	get(all, name) {
		buildersTried.add(String(name));
		return Reflect.get(all, name);
	},
});

/** The keys that the cases use. */
export const caseKeys: readonly string[] = ["{k}", "{k}2", "{k}3"];

/** `args` as text are split at spaces. */
function one<T>(
	command: Command<T>,
	args: string | readonly Arg[],
	gives: NoInfer<T>,
	...before: ReadonlyArray<Command<unknown>>
): BuilderCase {
	return { command, args: typeof args === "string" ? args.split(" ") : args, before, gives };
}

/** The same command, of whose result only `read` is looked at. */
function seen<T, U>(command: Command<T>, read: (result: T) => U): Command<U> {
	return { ...command, decode: (reply) => read(command.decode(reply)) };
}

const sorted = (values: string[]): string[] => values.toSorted();
const near = (low: number, high: number) => (value: number) => value > low && value <= high;

const k = "{k}";
const k2 = "{k}2";
const k3 = "{k}3";
const bytes = Buffer.from([0xff, 0x00, 0x0d, 0x0a]);
const far = 4102444800000;

/** A group with one entry that a consumer has and did not acknowledge. */
function pending(): ReadonlyArray<Command<unknown>> {
	return [
		c.xadd(k, [["f", "v"]], { id: "5-1" }),
		c.xgroupCreate(k, "g", "0"),
		c.xreadgroup("g", "me", [[k, ">"]]),
	];
}

/** A library with one function, which gives back its keys and arguments. */
function library(name = "rk_test"): string {
	return `#!lua name=${name}
redis.register_function{
	function_name = "${name}_echo",
	callback = function(keys, args)
		for _, arg in ipairs(args) do table.insert(keys, arg) end
		return keys
	end,
	flags = {"no-writes"},
}`;
}

const loaded = c.functionLoad(library(), { replace: true });

export const cases: Readonly<Record<string, readonly BuilderCase[]>> = {
	strings: [
		one(c.get(k), "GET {k}", null),
		one(c.get(k), "GET {k}", "v", c.set(k, "v")),
		one(c.get(Buffer.from(k)), ["GET", Buffer.from(k)], "v", c.set(k, "v")),
		one(c.getBuffer(k), "GET {k}", null),
		one(c.getBuffer(k), "GET {k}", bytes, c.set(k, bytes)),
		one(c.getBigInt(k), "GET {k}", null),
		one(c.getBigInt(k), "GET {k}", 9223372036854775807n, c.set(k, "9223372036854775807")),
		one(c.set(k, "v"), "SET {k} v", true),
		one(c.set(k, "v", {}), "SET {k} v", true),
		one(c.set(k, "v", { ttlMs: 500, onlyIf: "absent" }), "SET {k} v PX 500 NX", true),
		one(c.set(k, "v", { onlyIf: "absent" }), "SET {k} v NX", false, c.set(k, "old")),
		one(c.set(k, "v", { onlyIf: "present" }), "SET {k} v XX", false),
		one(c.set(k, "v", { keepTtl: true }), "SET {k} v KEEPTTL", true),
		one(c.set(k, "v", { expireAtMs: far }), "SET {k} v PXAT 4102444800000", true),
		one(c.setGet(k, "v"), "SET {k} v GET", null),
		one(c.setGet(k, "v", { ttlMs: 500 }), "SET {k} v PX 500 GET", "old", c.set(k, "old")),
		one(c.setGet(k, "v", { onlyIf: "absent" }), "SET {k} v NX GET", "old", c.set(k, "old")),
		one(c.mget([k, k2]), "MGET {k} {k}2", ["v", null], c.set(k, "v")),
		one(c.mgetBuffer([k, k2]), "MGET {k} {k}2", [bytes, null], c.set(k, bytes)),
		one(c.mset(new Map([[k, "1"]])), "MSET {k} 1", undefined),
		one(c.mset(Object.entries({ [k]: "1", [k2]: "2" })), "MSET {k} 1 {k}2 2", undefined),
		one(c.msetnx([[k, "1"]]), "MSETNX {k} 1", true),
		one(
			c.msetnx([
				[k, "1"],
				[k2, "2"],
			]),
			"MSETNX {k} 1 {k}2 2",
			false,
			c.set(k2, "v"),
		),
		one(c.getex(k, { ttlMs: 500 }), "GETEX {k} PX 500", "v", c.set(k, "v")),
		one(c.getex(k, { expireAtMs: far }), "GETEX {k} PXAT 4102444800000", "v", c.set(k, "v")),
		one(c.getex(k, { persist: true }), "GETEX {k} PERSIST", null),
		one(c.getexBuffer(k, { persist: true }), "GETEX {k} PERSIST", bytes, c.set(k, bytes)),
		one(c.getdel(k), "GETDEL {k}", "v", c.set(k, "v")),
		one(c.getdelBuffer(k), "GETDEL {k}", bytes, c.set(k, bytes)),
		one(c.incr(k), "INCR {k}", 1),
		one(c.decr(k), "DECR {k}", -1),
		one(c.incrby(k, -7), "INCRBY {k} -7", -7),
		one(c.decrby(k, 7), "DECRBY {k} 7", -7),
		one(c.incrby(k, 0), "INCRBY {k} 0", 9007199254740000, c.set(k, "9007199254740000")),
		one(c.incrbyfloat(k, 0.5), "INCRBYFLOAT {k} 0.5", 3.5, c.set(k, "3")),
		one(c.incrbyfloat(k, 1e-7), "INCRBYFLOAT {k} 1e-7", 1e-7),
		one(c.append(k, "b"), "APPEND {k} b", 2, c.set(k, "a")),
		one(c.strlen(k), "STRLEN {k}", 2, c.set(k, "é")),
		one(c.getrange(k, 1, -2), "GETRANGE {k} 1 -2", "bc", c.set(k, "abcd")),
		one(c.setrange(k, 2, "x"), "SETRANGE {k} 2 x", 4, c.set(k, "abcd")),
	],
	keys: [
		one(c.del(k), "DEL {k}", 0),
		one(c.del([k, k2]), "DEL {k} {k}2", 1, c.set(k, "v")),
		one(c.unlink([k, k2]), "UNLINK {k} {k}2", 2, c.set(k, "v"), c.set(k2, "v")),
		one(c.exists([k, k]), "EXISTS {k} {k}", 2, c.set(k, "v")),
		one(c.type(k), "TYPE {k}", "zset", c.zadd(k, "a", 1)),
		one(c.type(k), "TYPE {k}", "none"),
		one(c.rename(k, k2), "RENAME {k} {k}2", undefined, c.set(k, "v")),
		one(c.renamenx(k, k2), "RENAMENX {k} {k}2", false, c.set(k, "v"), c.set(k2, "v")),
		one(c.copy(k, k2), "COPY {k} {k}2", false, c.set(k, "v"), c.set(k2, "v")),
		one(c.copy(k, k2, { replace: true }), "COPY {k} {k}2 REPLACE", true, c.set(k, "v"), c.set(k2, "v")),
		one(c.pexpire(k, 500), "PEXPIRE {k} 500", false),
		one(c.pexpire(k, 500, { onlyIf: "no-ttl" }), "PEXPIRE {k} 500 NX", true, c.set(k, "v")),
		one(c.pexpire(k, 500, { onlyIf: "has-ttl" }), "PEXPIRE {k} 500 XX", false, c.set(k, "v")),
		one(c.pexpire(k, 500, { onlyIf: "longer" }), "PEXPIRE {k} 500 GT", false, c.set(k, "v", { ttlMs: 9999 })),
		one(c.pexpireat(k, far, { onlyIf: "shorter" }), "PEXPIREAT {k} 4102444800000 LT", true, c.set(k, "v")),
		one(c.pttl(k), "PTTL {k}", -2),
		one(c.pttl(k), "PTTL {k}", -1, c.set(k, "v")),
		one(seen(c.pttl(k), near(0, 60_000)), "PTTL {k}", true, c.set(k, "v", { ttlMs: 60_000 })),
		one(c.pexpiretime(k), "PEXPIRETIME {k}", far, c.set(k, "v", { expireAtMs: far })),
		one(c.persist(k), "PERSIST {k}", true, c.set(k, "v", { ttlMs: 60_000 })),
		one(
			seen(c.scan("0", { match: "{k}*", count: 1000, type: "string" }), ([, keys]) => keys),
			"SCAN 0 MATCH {k}* COUNT 1000 TYPE string",
			[k],
			c.set(k, "v"),
			c.hset(k2, "f", "v"),
		),
		one(
			seen(c.scan("0"), ([cursor]) => typeof cursor),
			"SCAN 0",
			"string",
		),
		one(c.objectEncoding(k), "OBJECT ENCODING {k}", "int", c.set(k, "1")),
		one(c.objectEncoding(k), "OBJECT ENCODING {k}", null),
		one(c.objectFreq(k), "OBJECT FREQ {k}", null),
		one(
			seen(c.objectIdletime(k), (idle) => idle !== null && idle < 60),
			"OBJECT IDLETIME {k}",
			true,
			c.set(k, "v"),
		),
		one(c.memoryUsage(k), "MEMORY USAGE {k}", null),
		one(
			seen(c.memoryUsage(k, 0), (size) => size !== null && size > 10),
			"MEMORY USAGE {k} SAMPLES 0",
			true,
			c.set(k, "v"),
		),
	],
	hashes: [
		one(c.hget(k, "f"), "HGET {k} f", null),
		one(c.hget(k, "f"), "HGET {k} f", "v", c.hset(k, "f", "v")),
		one(c.hgetBuffer(k, "f"), "HGET {k} f", bytes, c.hset(k, "f", bytes)),
		one(c.hmget(k, ["f", "g"]), "HMGET {k} f g", ["v", null], c.hset(k, "f", "v")),
		one(c.hmgetBuffer(k, ["f", "g"]), "HMGET {k} f g", [bytes, null], c.hset(k, "f", bytes)),
		one(c.hgetall(k), "HGETALL {k}", new Map()),
		one(
			c.hgetall(k),
			"HGETALL {k}",
			new Map([
				["__proto__", "1"],
				["1", "2"],
			]),
			c.hset(k, "__proto__", "1"),
			c.hset(k, "1", "2"),
		),
		one(c.hgetallBuffer(k), "HGETALL {k}", new Map()),
		one(c.hgetallBuffer(k), "HGETALL {k}", new Map([["f", bytes]]), c.hset(k, "f", bytes)),
		one(c.hset(k, "f", "v"), "HSET {k} f v", true),
		one(c.hset(k, "f", "v"), "HSET {k} f v", false, c.hset(k, "f", "v")),
		one(c.hsetMany(k, Object.entries({ f: "1", g: "2" })), "HSET {k} f 1 g 2", 2),
		one(c.hsetMany(k, new Map([["f", bytes]])), ["HSET", k, "f", bytes], 0, c.hset(k, "f", "v")),
		one(c.hsetnx(k, "f", "v"), "HSETNX {k} f v", false, c.hset(k, "f", "v")),
		one(c.hdel(k, "f"), "HDEL {k} f", 0),
		one(c.hdel(k, ["f", "g"]), "HDEL {k} f g", 1, c.hset(k, "f", "v")),
		one(c.hexists(k, "f"), "HEXISTS {k} f", true, c.hset(k, "f", "v")),
		one(c.hlen(k), "HLEN {k}", 1, c.hset(k, "f", "v")),
		one(c.hkeys(k), "HKEYS {k}", ["f"], c.hset(k, "f", "v")),
		one(c.hvals(k), "HVALS {k}", ["v"], c.hset(k, "f", "v")),
		one(c.hstrlen(k, "f"), "HSTRLEN {k} f", 3, c.hset(k, "f", "abc")),
		one(c.hincrby(k, "f", 5), "HINCRBY {k} f 5", 5),
		one(c.hincrbyfloat(k, "f", -0.5), "HINCRBYFLOAT {k} f -0.5", -0.5),
		one(
			c.hscan(k, "0", { match: "f*", count: 9 }),
			"HSCAN {k} 0 MATCH f* COUNT 9",
			["0", [["f", "v"]]],
			c.hset(k, "f", "v"),
		),
		one(c.hscan(k, "0"), "HSCAN {k} 0", ["0", []]),
		one(c.hpexpire(k, 500, ["f", "g"]), "HPEXPIRE {k} 500 FIELDS 2 f g", [1, -2], c.hset(k, "f", "v")),
		one(
			c.hpexpire(k, 500, "f", { onlyIf: "has-ttl" }),
			"HPEXPIRE {k} 500 XX FIELDS 1 f",
			[0],
			c.hset(k, "f", "v"),
		),
		one(c.hpttl(k, ["f", "g"]), "HPTTL {k} FIELDS 2 f g", [-1, -2], c.hset(k, "f", "v")),
	],
	sets: [
		one(c.sadd(k, "a"), "SADD {k} a", 1),
		one(c.sadd(k, ["a", "b"]), "SADD {k} a b", 1, c.sadd(k, "a")),
		one(c.srem(k, ["a", "b"]), "SREM {k} a b", 1, c.sadd(k, "a")),
		one(c.sismember(k, "a"), "SISMEMBER {k} a", true, c.sadd(k, "a")),
		one(c.smismember(k, ["a", "b"]), "SMISMEMBER {k} a b", [true, false], c.sadd(k, "a")),
		one(seen(c.smembers(k), sorted), "SMEMBERS {k}", ["a", "b"], c.sadd(k, ["b", "a"])),
		one(c.smembers(k), "SMEMBERS {k}", []),
		one(c.scard(k), "SCARD {k}", 2, c.sadd(k, ["a", "b"])),
		one(c.spop(k), "SPOP {k}", "a", c.sadd(k, "a")),
		one(c.spop(k), "SPOP {k}", null),
		one(seen(c.spopMany(k, 5), sorted), "SPOP {k} 5", ["a", "b"], c.sadd(k, ["a", "b"])),
		one(c.spopMany(k, 5), "SPOP {k} 5", []),
		one(c.srandmember(k), "SRANDMEMBER {k}", "a", c.sadd(k, "a")),
		one(c.srandmemberMany(k, -2), "SRANDMEMBER {k} -2", ["a", "a"], c.sadd(k, "a")),
		one(c.smove(k, k2, "a"), "SMOVE {k} {k}2 a", true, c.sadd(k, "a")),
		one(c.sinter([k, k2]), "SINTER {k} {k}2", ["b"], c.sadd(k, ["a", "b"]), c.sadd(k2, ["b", "c"])),
		one(seen(c.sunion([k, k2]), sorted), "SUNION {k} {k}2", ["a", "b"], c.sadd(k, "a"), c.sadd(k2, "b")),
		one(c.sdiff([k, k2]), "SDIFF {k} {k}2", ["a"], c.sadd(k, ["a", "b"]), c.sadd(k2, "b")),
		one(c.sintercard([k, k2]), "SINTERCARD 2 {k} {k}2", 1, c.sadd(k, "a"), c.sadd(k2, "a")),
		one(c.sintercard(k, 1), "SINTERCARD 1 {k} LIMIT 1", 1, c.sadd(k, ["a", "b"])),
		one(c.sinterstore(k, [k2, k3]), "SINTERSTORE {k} {k}2 {k}3", 0, c.sadd(k2, "a")),
		one(c.sunionstore(k, [k2, k3]), "SUNIONSTORE {k} {k}2 {k}3", 1, c.sadd(k2, "a")),
		one(c.sdiffstore(k, k2), "SDIFFSTORE {k} {k}2", 1, c.sadd(k2, "a")),
		one(c.sscan(k, "0", { count: 9 }), "SSCAN {k} 0 COUNT 9", ["0", ["a"]], c.sadd(k, "a")),
	],
	lists: [
		one(c.lpush(k, "a"), "LPUSH {k} a", 1),
		one(c.lpush(k, ["a", "b"]), "LPUSH {k} a b", 2),
		one(c.rpush(k, bytes), ["RPUSH", k, bytes], 1),
		one(c.lpushx(k, "a"), "LPUSHX {k} a", 0),
		one(c.rpushx(k, ["b", "c"]), "RPUSHX {k} b c", 3, c.rpush(k, "a")),
		one(c.lpop(k), "LPOP {k}", "a", c.rpush(k, ["a", "b"])),
		one(c.lpopMany(k, 5), "LPOP {k} 5", ["a", "b"], c.rpush(k, ["a", "b"])),
		one(c.lpopMany(k, 5), "LPOP {k} 5", null),
		one(c.rpop(k), "RPOP {k}", null),
		one(c.rpopMany(k, 5), "RPOP {k} 5", ["b", "a"], c.rpush(k, ["a", "b"])),
		one(c.llen(k), "LLEN {k}", 2, c.rpush(k, ["a", "b"])),
		one(c.lindex(k, -1), "LINDEX {k} -1", "b", c.rpush(k, ["a", "b"])),
		one(c.lset(k, 0, "z"), "LSET {k} 0 z", undefined, c.rpush(k, "a")),
		one(c.lrem(k, 0, "a"), "LREM {k} 0 a", 2, c.rpush(k, ["a", "b", "a"])),
		one(c.lrange(k, 0, -1), "LRANGE {k} 0 -1", ["a", "b"], c.rpush(k, ["a", "b"])),
		one(c.ltrim(k, 1, -1), "LTRIM {k} 1 -1", undefined, c.rpush(k, ["a", "b"])),
		one(c.linsert(k, "before", "a", "z"), "LINSERT {k} BEFORE a z", 2, c.rpush(k, "a")),
		one(c.linsert(k, "after", "x", "z"), "LINSERT {k} AFTER x z", -1, c.rpush(k, "a")),
		one(c.lpos(k, "a"), "LPOS {k} a", null),
		one(
			c.lpos(k, "a", { rank: -1, maxLength: 0 }),
			"LPOS {k} a RANK -1 MAXLEN 0",
			2,
			c.rpush(k, ["a", "b", "a"]),
		),
		one(c.lmove(k, k2, "left", "right"), "LMOVE {k} {k}2 LEFT RIGHT", "a", c.rpush(k, ["a", "b"])),
		one(c.blpop([k, k2], 1500), "BLPOP {k} {k}2 1.5", [k2, "a"], c.rpush(k2, "a")),
		one(c.blpop(k, 1), "BLPOP {k} 0.001", null),
		one(c.brpop(k, 0), "BRPOP {k} 0", [k, "b"], c.rpush(k, ["a", "b"])),
		one(c.blmove(k, k2, "right", "left", 1), "BLMOVE {k} {k}2 RIGHT LEFT 0.001", null),
	],
	"sorted sets": [
		one(c.zadd(k, "a", 1.5), "ZADD {k} 1.5 a", 1),
		one(c.zadd(k, "a", Number.POSITIVE_INFINITY), "ZADD {k} +inf a", 1),
		one(
			c.zadd(k, "a", 2, { countChanged: true, onlyIf: "greater" }),
			"ZADD {k} GT CH 2 a",
			1,
			c.zadd(k, "a", 1),
		),
		one(c.zadd(k, "a", 2, { onlyIf: "less" }), "ZADD {k} LT 2 a", 0, c.zadd(k, "a", 1)),
		one(
			c.zaddMany(
				k,
				new Map([
					["a", 1],
					["b", -2],
				]),
			),
			"ZADD {k} 1 a -2 b",
			2,
		),
		one(c.zaddMany(k, [["a", 1e21]], { onlyIf: "absent" }), "ZADD {k} NX 1e+21 a", 1),
		one(c.zaddMany(k, [["a", 1]], { onlyIf: "present" }), "ZADD {k} XX 1 a", 0),
		one(c.zincrby(k, "a", -0.5), "ZINCRBY {k} -0.5 a", -0.5),
		one(c.zrem(k, ["a", "b"]), "ZREM {k} a b", 1, c.zadd(k, "a", 1)),
		one(c.zscore(k, "a"), "ZSCORE {k} a", null),
		one(c.zscore(k, "a"), "ZSCORE {k} a", 0.1, c.zadd(k, "a", 0.1)),
		one(c.zscore(k, "a"), "ZSCORE {k} a", Number.NEGATIVE_INFINITY, c.zadd(k, "a", Number.NEGATIVE_INFINITY)),
		one(c.zscore(k, "a"), "ZSCORE {k} a", 3, c.zadd(k, "a", 3)),
		one(c.zmscore(k, ["a", "b"]), "ZMSCORE {k} a b", [1, null], c.zadd(k, "a", 1)),
		one(c.zrank(k, "b"), "ZRANK {k} b", 1, c.zadd(k, "a", 1), c.zadd(k, "b", 2)),
		one(c.zrank(k, "b"), "ZRANK {k} b", null),
		one(c.zrevrank(k, "b"), "ZREVRANK {k} b", 0, c.zadd(k, "a", 1), c.zadd(k, "b", 2)),
		one(c.zcard(k), "ZCARD {k}", 1, c.zadd(k, "a", 1)),
		one(c.zcount(k, { exclusive: 1 }, Number.POSITIVE_INFINITY), "ZCOUNT {k} (1 +inf", 0, c.zadd(k, "a", 1)),
		one(c.zcount(k, Number.NEGATIVE_INFINITY, 1), "ZCOUNT {k} -inf 1", 1, c.zadd(k, "a", 1)),
		one(c.zlexcount(k, "[a", "+"), "ZLEXCOUNT {k} [a +", 1, c.zadd(k, "a", 0)),
		one(
			c.zpopmin(k),
			"ZPOPMIN {k} 1",
			[["a", 1]],
			c.zaddMany(k, [
				["a", 1],
				["b", 2],
			]),
		),
		one(
			c.zpopmin(k, 5),
			"ZPOPMIN {k} 5",
			[
				["a", 1],
				["b", 2],
			],
			c.zaddMany(k, [
				["a", 1],
				["b", 2],
			]),
		),
		one(c.zpopmax(k, 2), "ZPOPMAX {k} 2", []),
		one(
			c.bzpopmin([k, k2], 1),
			"BZPOPMIN {k} {k}2 0.001",
			{ key: k2, member: "a", score: 1.5 },
			c.zadd(k2, "a", 1.5),
		),
		one(c.bzpopmax(k, 1), "BZPOPMAX {k} 0.001", null),
		one(c.zrandmember(k), "ZRANDMEMBER {k}", "a", c.zadd(k, "a", 1)),
		one(c.zrandmemberMany(k, 2), "ZRANDMEMBER {k} 2", ["a"], c.zadd(k, "a", 1)),
		one(c.zunionstore(k, [k2, k3]), "ZUNIONSTORE {k} 2 {k}2 {k}3", 1, c.zadd(k2, "a", 1)),
		one(
			c.zinterstore(k, [k2, k3], { weights: [2, 0.5], aggregate: "max" }),
			"ZINTERSTORE {k} 2 {k}2 {k}3 WEIGHTS 2 0.5 AGGREGATE MAX",
			1,
			c.zadd(k2, "a", 1),
			c.zadd(k3, "a", 1),
		),
		one(c.zdiffstore(k, [k2, k3]), "ZDIFFSTORE {k} 2 {k}2 {k}3", 1, c.zadd(k2, "a", 1)),
		one(c.zscan(k, "0", { match: "a" }), "ZSCAN {k} 0 MATCH a", ["0", [["a", 1.5]]], c.zadd(k, "a", 1.5)),
	],
	"sorted set ranges": [
		one(
			c.zrange(k, 0, -1),
			"ZRANGE {k} 0 -1",
			["a", "b"],
			c.zaddMany(k, [
				["a", 1],
				["b", 2],
			]),
		),
		one(
			c.zrange(k, 0, 0, { reverse: true }),
			"ZRANGE {k} 0 0 REV",
			["b"],
			c.zaddMany(k, [
				["a", 1],
				["b", 2],
			]),
		),
		one(
			c.zrangeWithScores(k, 0, -1),
			"ZRANGE {k} 0 -1 WITHSCORES",
			[
				["a", 1],
				["b", 2.5],
			],
			c.zaddMany(k, [
				["a", 1],
				["b", 2.5],
			]),
		),
		one(
			c.zrangeByScore(k, { exclusive: 1 }, 3, { limit: { count: 1 } }),
			"ZRANGE {k} (1 3 BYSCORE LIMIT 0 1",
			["b"],
			c.zaddMany(k, [
				["a", 1],
				["b", 2],
				["c", 3],
			]),
		),
		one(
			c.zrangeByScoreWithScores(k, 1, 2, { reverse: true, limit: { offset: 1, count: 5 } }),
			"ZRANGE {k} 2 1 BYSCORE REV LIMIT 1 5 WITHSCORES",
			[["a", 1]],
			c.zaddMany(k, [
				["a", 1],
				["b", 2],
				["c", 3],
			]),
		),
		one(
			c.zrangeByLex(k, "-", "(b"),
			"ZRANGE {k} - (b BYLEX",
			["a"],
			c.zaddMany(k, [
				["a", 0],
				["b", 0],
			]),
		),
		one(
			c.zrangeByLex(k, "[a", "+", { reverse: true }),
			"ZRANGE {k} + [a BYLEX REV",
			["b", "a"],
			c.zaddMany(k, [
				["a", 0],
				["b", 0],
			]),
		),
		one(
			c.zrangestore(k, k2, 0, 0),
			"ZRANGESTORE {k} {k}2 0 0",
			1,
			c.zaddMany(k2, [
				["a", 0],
				["b", 0],
			]),
		),
		one(
			c.zrangestoreByScore(k, k2, 1, 2, { reverse: true }),
			"ZRANGESTORE {k} {k}2 2 1 BYSCORE REV",
			1,
			c.zadd(k2, "a", 1),
		),
		one(
			c.zremrangebyrank(k, 0, -2),
			"ZREMRANGEBYRANK {k} 0 -2",
			1,
			c.zaddMany(k, [
				["a", 1],
				["b", 2],
			]),
		),
		one(
			c.zremrangebyscore(k, Number.NEGATIVE_INFINITY, { exclusive: 2 }),
			"ZREMRANGEBYSCORE {k} -inf (2",
			1,
			c.zaddMany(k, [
				["a", 1],
				["b", 2],
			]),
		),
		one(c.zremrangebylex(k, "-", "+"), "ZREMRANGEBYLEX {k} - +", 1, c.zadd(k, "a", 0)),
	],
	bitmaps: [
		one(c.setbit(k, 7, true), "SETBIT {k} 7 1", false),
		one(c.setbit(k, 7, false), "SETBIT {k} 7 0", true, c.setbit(k, 7, true)),
		one(c.getbit(k, 7), "GETBIT {k} 7", true, c.setbit(k, 7, true)),
		one(c.bitcount(k), "BITCOUNT {k}", 1, c.setbit(k, 7, true)),
		one(c.bitcount(k, { start: 0, end: 6, unit: "bit" }), "BITCOUNT {k} 0 6 BIT", 0, c.setbit(k, 7, true)),
		one(c.bitpos(k, true), "BITPOS {k} 1", 7, c.setbit(k, 7, true)),
		one(c.bitpos(k, true, { start: 1, end: -1 }), "BITPOS {k} 1 1 -1", -1, c.setbit(k, 7, true)),
		one(c.bitop("xor", k, [k2, k3]), "BITOP XOR {k} {k}2 {k}3", 1, c.setbit(k2, 7, true)),
		one(c.bitop("not", k, k2), "BITOP NOT {k} {k}2", 1, c.setbit(k2, 7, true)),
		one(
			c.bitfield(k, [
				{ set: { type: "u1", offset: 9 }, to: 1 },
				{ get: { type: "u1", offset: 9 } },
				{ incrby: { type: "i8", offset: 16 }, delta: -3 },
				{ overflow: "fail" },
				{ incrby: { type: "u2", offset: 32 }, delta: 4 },
				{ overflow: "saturate" },
				{ incrby: { type: "u2", offset: 32 }, delta: 4 },
			]),
			"BITFIELD {k} SET u1 9 1 GET u1 9 INCRBY i8 16 -3 OVERFLOW FAIL INCRBY u2 32 4 OVERFLOW SAT INCRBY u2 32 4",
			[0, 1, -3, null, 3],
		),
		one(
			c.bitfieldRo(k, [
				{ type: "u8", offset: 0 },
				{ type: "u8", offset: 8 },
			]),
			"BITFIELD_RO {k} GET u8 0 GET u8 8",
			[97, 0],
			c.set(k, "a"),
		),
	],
	hyperloglog: [
		one(c.pfadd(k, "a"), "PFADD {k} a", true),
		one(c.pfadd(k, ["a", "a"]), "PFADD {k} a a", false, c.pfadd(k, "a")),
		one(c.pfcount(k), "PFCOUNT {k}", 0),
		one(c.pfcount([k, k2]), "PFCOUNT {k} {k}2", 2, c.pfadd(k, "a"), c.pfadd(k2, ["a", "b"])),
		one(c.pfmerge(k, [k2, k3]), "PFMERGE {k} {k}2 {k}3", undefined, c.pfadd(k2, "a")),
	],
	streams: [
		one(c.xadd(k, [["f", "v"]], { id: "5-1" }), "XADD {k} 5-1 f v", "5-1"),
		one(
			seen(c.xadd(k, new Map([["f", bytes]])), (id) => id !== null && /^\d+-\d+$/.test(id)),
			["XADD", k, "*", "f", bytes],
			true,
		),
		one(c.xadd(k, [["f", "v"]], { onlyIfPresent: true }), "XADD {k} NOMKSTREAM * f v", null),
		one(
			c.xadd(k, [["f", "v"]], { id: "5-1", trim: { maxLength: 10 } }),
			"XADD {k} MAXLEN ~ 10 5-1 f v",
			"5-1",
		),
		one(c.xtrim(k, { maxLength: 0, exact: true }), "XTRIM {k} MAXLEN = 0", 1, c.xadd(k, [["f", "v"]])),
		one(
			c.xtrim(k, { minId: "6", exact: true }),
			"XTRIM {k} MINID = 6",
			1,
			c.xadd(k, [["f", "v"]], { id: "5-1" }),
		),
		one(c.xlen(k), "XLEN {k}", 1, c.xadd(k, [["f", "v"]])),
		one(c.xdel(k, ["5-1", "6-1"]), "XDEL {k} 5-1 6-1", 1, c.xadd(k, [["f", "v"]], { id: "5-1" })),
		one(c.xrange(k, "-", "+"), "XRANGE {k} - +", []),
		one(
			c.xrange(k, "-", "+", 10),
			"XRANGE {k} - + COUNT 10",
			[
				[
					"5-1",
					[
						["f", "1"],
						["f", "2"],
					],
				],
			],
			c.xadd(
				k,
				[
					["f", "1"],
					["f", "2"],
				],
				{ id: "5-1" },
			),
		),
		one(
			c.xrevrange(k, "+", "(5-1"),
			"XREVRANGE {k} + (5-1",
			[["6-1", [["f", "v"]]]],
			c.xadd(k, [["f", "v"]], { id: "5-1" }),
			c.xadd(k, [["f", "v"]], { id: "6-1" }),
		),
		one(c.xread([[k, "0"]]), "XREAD STREAMS {k} 0", []),
		one(
			c.xread(
				[
					[k, "0"],
					[k2, "0"],
					[k3, "0"],
				],
				{ count: 5 },
			),
			"XREAD COUNT 5 STREAMS {k} {k}2 {k}3 0 0 0",
			[
				[k, [["5-1", [["f", "v"]]]]],
				[k2, [["6-1", [["f", "v"]]]]],
			],
			c.xadd(k, [["f", "v"]], { id: "5-1" }),
			c.xadd(k2, [["f", "v"]], { id: "6-1" }),
		),
		one(c.xread([[k, "$"]], { blockMs: 1 }), "XREAD BLOCK 1 STREAMS {k} $", []),
		one(
			c.xreadgroup("g", "me", [[k, ">"]], { count: 5, blockMs: 1, noAck: true }),
			"XREADGROUP GROUP g me COUNT 5 BLOCK 1 NOACK STREAMS {k} >",
			[[k, [["5-1", [["f", "v"]]]]]],
			c.xadd(k, [["f", "v"]], { id: "5-1" }),
			c.xgroupCreate(k, "g", "0"),
		),
		one(
			c.xreadgroup("g", "me", [[k, "0"]]),
			"XREADGROUP GROUP g me STREAMS {k} 0",
			[[k, [["5-1", []]]]],
			c.xadd(k, [["f", "v"]], { id: "5-1" }),
			c.xgroupCreate(k, "g", "0"),
			c.xreadgroup("g", "me", [[k, ">"]]),
			c.xdel(k, "5-1"),
		),
		one(
			seen(c.xinfoStream(k), (stream) => [
				stream.get("length"),
				stream.get("last-generated-id"),
				stream.get("first-entry"),
			]),
			"XINFO STREAM {k}",
			[1, "5-1", ["5-1", ["f", "v"]]],
			c.xadd(k, [["f", "v"]], { id: "5-1" }),
		),
		one(
			seen(c.xinfoGroups(k), (groups) => groups.map((group) => [group.get("name"), group.get("pending")])),
			"XINFO GROUPS {k}",
			[["g", 0]],
			c.xgroupCreate(k, "g", "$", { makeStream: true }),
		),
		one(
			seen(c.xinfoConsumers(k, "g"), (consumers) => consumers.map((consumer) => consumer.get("name"))),
			"XINFO CONSUMERS {k} g",
			["me"],
			c.xgroupCreate(k, "g", "$", { makeStream: true }),
			c.xgroupCreateconsumer(k, "g", "me"),
		),
	],
	"stream groups": [
		one(c.xgroupCreate(k, "g", "$", { makeStream: true }), "XGROUP CREATE {k} g $ MKSTREAM", undefined),
		one(c.xgroupCreate(k, "g", "0"), "XGROUP CREATE {k} g 0", undefined, c.xadd(k, [["f", "v"]])),
		one(c.xgroupDestroy(k, "g"), "XGROUP DESTROY {k} g", false, c.xadd(k, [["f", "v"]])),
		one(c.xgroupSetid(k, "g", "0"), "XGROUP SETID {k} g 0", undefined, ...pending()),
		one(c.xgroupCreateconsumer(k, "g", "new"), "XGROUP CREATECONSUMER {k} g new", true, ...pending()),
		one(c.xgroupDelconsumer(k, "g", "me"), "XGROUP DELCONSUMER {k} g me", 1, ...pending()),
		one(c.xack(k, "g", ["5-1", "9-9"]), "XACK {k} g 5-1 9-9", 1, ...pending()),
		one(
			c.xpending(k, "g"),
			"XPENDING {k} g",
			{ count: 1, firstId: "5-1", lastId: "5-1", consumers: new Map([["me", 1]]) },
			...pending(),
		),
		one(
			c.xpending(k, "g"),
			"XPENDING {k} g",
			{ count: 0, firstId: null, lastId: null, consumers: new Map() },
			c.xgroupCreate(k, "g", "$", { makeStream: true }),
		),
		one(
			seen(c.xpendingRange(k, "g", "-", "+", 10), (found) =>
				found.map(({ idleMs, ...rest }) => [idleMs >= 0, rest]),
			),
			"XPENDING {k} g - + 10",
			[[true, { id: "5-1", consumer: "me", deliveries: 1 }]],
			...pending(),
		),
		one(
			c.xpendingRange(k, "g", "-", "+", 10, { consumer: "you", minIdleMs: 60_000 }),
			"XPENDING {k} g IDLE 60000 - + 10 you",
			[],
			...pending(),
		),
		one(c.xclaim(k, "g", "you", 0, ["5-1"]), "XCLAIM {k} g you 0 5-1", [["5-1", [["f", "v"]]]], ...pending()),
		one(
			c.xautoclaim(k, "g", "you", 0, "0-0"),
			"XAUTOCLAIM {k} g you 0 0-0",
			{ cursor: "0-0", entries: [["5-1", [["f", "v"]]]], deletedIds: [] },
			...pending(),
		),
		one(
			c.xautoclaim(k, "g", "you", 0, "0-0", 10),
			"XAUTOCLAIM {k} g you 0 0-0 COUNT 10",
			{ cursor: "0-0", entries: [], deletedIds: ["5-1"] },
			...pending(),
			c.xdel(k, "5-1"),
		),
	],
	"publish and subscribe": [
		one(c.publish("rk_nobody", bytes), ["PUBLISH", "rk_nobody", bytes], 0),
		one(c.spublish("{k}nobody", "m"), "SPUBLISH {k}nobody m", 0),
		one(c.pubsubChannels("rk_nobody*"), "PUBSUB CHANNELS rk_nobody*", []),
		one(seen(c.pubsubChannels(), Array.isArray), "PUBSUB CHANNELS", true),
		one(
			c.pubsubNumsub(["rk_a", "rk_b"]),
			"PUBSUB NUMSUB rk_a rk_b",
			new Map([
				["rk_a", 0],
				["rk_b", 0],
			]),
		),
		one(
			seen(c.pubsubNumpat(), (count) => count >= 0),
			"PUBSUB NUMPAT",
			true,
		),
		one(c.pubsubShardnumsub("rk_a"), "PUBSUB SHARDNUMSUB rk_a", new Map([["rk_a", 0]])),
	],
	scripts: [
		one(c.scriptLoad("return 1"), ["SCRIPT", "LOAD", "return 1"], "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"),
		one(
			c.scriptExists(["e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "0".repeat(40)]),
			`SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db ${"0".repeat(40)}`,
			[true, false],
			c.scriptLoad("return 1"),
		),
		one(c.scriptFlush(), "SCRIPT FLUSH", undefined),
	],
	functions: [
		one(c.functionLoad(library(), { replace: true }), ["FUNCTION", "LOAD", "REPLACE", library()], "rk_test"),
		one(
			c.functionLoad(library("rk_other")),
			["FUNCTION", "LOAD", library("rk_other")],
			"rk_other",
			c.functionFlush(),
		),
		one(c.functionDelete("rk_test"), "FUNCTION DELETE rk_test", undefined, loaded),
		one(
			c.functionList({ library: "rk_test", withCode: true }),
			"FUNCTION LIST LIBRARYNAME rk_test WITHCODE",
			[
				{
					name: "rk_test",
					engine: "LUA",
					functions: [{ name: "rk_test_echo", description: null, flags: ["no-writes"] }],
					code: library(),
				},
			],
			loaded,
		),
		one(
			seen(c.functionList(), (all) => all.find(({ name }) => name === "rk_test")?.code),
			"FUNCTION LIST",
			undefined,
			loaded,
		),
		one(
			c.fcall("rk_test_echo", [k, k2], ["x"], listOf(text)),
			"FCALL rk_test_echo 2 {k} {k}2 x",
			[k, k2, "x"],
			loaded,
		),
		one(
			c.fcallRo("rk_test_echo", [k], [], (reply) => listOf(text)(reply).length),
			"FCALL_RO rk_test_echo 1 {k}",
			1,
			loaded,
		),
		one(c.functionFlush(), "FUNCTION FLUSH", undefined),
	],
	server: [
		one(c.ping(), "PING", "PONG"),
		one(seen(c.time(), near(1.6e12, 4.2e12)), "TIME", true),
		one(
			seen(c.info(), (facts) => facts.has("used_memory") && facts.has("role")),
			"INFO",
			true,
		),
		one(
			seen(c.info(["server", "memory"]), (facts) => facts.has("uptime_in_seconds")),
			"INFO server memory",
			true,
		),
		one(seen(c.dbsize(), near(0, 1e6)), "DBSIZE", true, c.set(k, "v")),
		one(c.flushdb(), "FLUSHDB", undefined),
		one(
			seen(c.configGet(["maxmemory", "appendonly"]), (settings) => [...settings.keys()].toSorted()),
			"CONFIG GET maxmemory appendonly",
			["appendonly", "maxmemory"],
		),
		one(c.configSet([["slowlog-max-len", "128"]]), "CONFIG SET slowlog-max-len 128", undefined),
		one(seen(c.clientId(), near(0, 1e9)), "CLIENT ID", true),
		one(
			seen(c.clientInfo(), (facts) => Number(facts.get("id")) > 0 && facts.has("addr")),
			"CLIENT INFO",
			true,
		),
		one(
			seen(c.clientList({ type: "normal" }), ([first]) => Number(first?.get("id")) > 0),
			"CLIENT LIST TYPE NORMAL",
			true,
		),
		one(c.clientList({ type: "replica" }), "CLIENT LIST TYPE REPLICA", []),
		one(
			seen(c.clientList(), (all) => all.length > 0),
			"CLIENT LIST",
			true,
		),
		one(c.clientKill({ id: 987654321 }), "CLIENT KILL ID 987654321", 0),
		one(c.clientKill({ type: "pubsub" }), "CLIENT KILL TYPE PUBSUB", 0),
		one(
			seen(c.commandInfo(["GET", "RK_MADE_UP"]), ([get, none]) => [
				get?.name,
				get?.arity,
				get?.flags.includes("readonly"),
				none,
			]),
			"COMMAND INFO GET RK_MADE_UP",
			["get", 2, true, null],
		),
		one(
			seen(c.wait(0, 1), (replicas) => replicas >= 0),
			"WAIT 0 1",
			true,
		),
	],
};
