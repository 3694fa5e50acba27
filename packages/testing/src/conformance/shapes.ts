import assert from "node:assert/strict";
import {
	type Arg,
	bytes,
	type Command,
	canonical,
	configGet,
	double,
	doubleOrNull,
	entries,
	flag,
	hgetall,
	hgetallBuffer,
	type RedisPort,
	type Reply,
	raw,
	ServerError,
	scored,
	streams,
	type WireReply,
	xinfoGroups,
	xinfoStream,
} from "@rk/client";
import { check, type Definition, EVERYWHERE } from "./check.ts";
import type { Scene } from "./scene.ts";

/*
 * Replies of every kind, as the port gives them: the same for every client, version and protocol, as text and as bytes.
 */

/** Expected shapes; `{ error }` stands for a nested error with this message. */
type Shape = null | number | string | Buffer | { readonly error: string } | readonly Shape[];

interface Row {
	readonly args: (key: (name: string) => string) => readonly Arg[];
	readonly gives: (key: (name: string) => string) => Shape;
}

type Part = string | number | Buffer;

/** `args` as text are split at spaces; `$x` becomes the key x of the check. */
function row(args: string | readonly Part[], gives: Shape): Row {
	const parts = typeof args === "string" ? args.split(" ") : args;
	return {
		args: (key) => parts.map((part) => (Buffer.isBuffer(part) ? part : named(`${part}`, key))),
		gives: (key) => namedIn(gives, key),
	};
}

function named(text: string, key: (name: string) => string): string {
	return text.startsWith("$") ? key(text.slice(1)) : text;
}

function namedIn(shape: Shape, key: (name: string) => string): Shape {
	if (typeof shape === "string") return named(shape, key);
	return isList(shape) ? shape.map((item) => namedIn(item, key)) : shape;
}

const isList: (shape: unknown) => shape is readonly Shape[] = Array.isArray;

const lua = (source: string): readonly Part[] => ["EVAL", source, 1, "$lua"];
const luaResp3 = (source: string): readonly Part[] => lua(`redis.setresp(3) ${source}`);

const binary = Buffer.from([0xff, 0x00, 0x0d, 0x0a, 0x24, 0x80]);
const utf8 = "žluťoučký 🐎";

const TABLES: Readonly<Record<string, readonly Row[]>> = {
	"strings and integers": [
		row("ECHO hello", "hello"),
		row("SET $s v", "OK"),
		row("SET $s w NX", null),
		row("SET $s w GET", "v"),
		row("GET $s", "w"),
		row("GET $none", null),
		row(["SET", "$u", utf8], "OK"),
		row("GET $u", utf8),
		row(["SET", "$e", ""], "OK"),
		row("GET $e", ""),
		row("MGET $s $none $e", ["w", null, ""]),
		row("INCR $n", 1),
		row("INCRBY $n 41", 42),
		row("DECRBY $n 52", -10),
		row("INCRBYFLOAT $f 10.5", "10.5"),
		row("SET $big 9007199254740993", "OK"),
		row("GET $big", "9007199254740993"),
		row("APPEND $s x", 2),
		row("STRLEN $none", 0),
		row("TTL $none", -2),
		row("EXISTS $s", 1),
		row("TYPE $none", "none"),
		row("OBJECT ENCODING $n", "int"),
	],
	hashes: [
		row("HSET $h a 1 b 2", 2),
		row("HGET $h a", "1"),
		row("HGET $h none", null),
		row("HMGET $h a none b", ["1", null, "2"]),
		row("HGETALL $h", ["a", "1", "b", "2"]),
		row("HGETALL $none", []),
		row("HKEYS $h", ["a", "b"]),
		row("HSET $proto __proto__ p constructor c", 2),
		row("HGETALL $proto", ["__proto__", "p", "constructor", "c"]),
		row("HINCRBY $h a 5", 6),
		row("HSCAN $h 0", ["0", ["a", "6", "b", "2"]]),
		row("HRANDFIELD $none", null),
	],
	"lists and sets": [
		row("RPUSH $l a b c", 3),
		row("LRANGE $l 0 -1", ["a", "b", "c"]),
		row("LRANGE $none 0 -1", []),
		row("LPOP $l 2", ["a", "b"]),
		row("LPOP $none 2", null),
		row("LPOS $l c", 0),
		row("LPOS $l none", null),
		row("LMPOP 1 $l LEFT", ["$l", ["c"]]),
		row("LMPOP 1 $l LEFT", null),
		// They look like what the server pushes to subscribers, and are not.
		row("RPUSH $push message channel payload", 3),
		row("LRANGE $push 0 -1", ["message", "channel", "payload"]),
		row("RPUSH $push2 invalidate key", 2),
		row("LRANGE $push2 0 -1", ["invalidate", "key"]),
		row("SADD $set a", 1),
		row("SMEMBERS $set", ["a"]),
		row("SMEMBERS $none", []),
		row("SMISMEMBER $set a b", [1, 0]),
		row("SPOP $set 5", ["a"]),
		row("SPOP $set", null),
	],
	"sorted sets without scores": [
		row("ZADD $z 1 one 2.5 two", 2),
		row("ZADD $z inf max -inf min", 2),
		row("ZRANGE $z 0 -1", ["min", "one", "two", "max"]),
		row("ZRANK $z two", 2),
		row("ZRANK $z none", null),
		row("ZSCORE $z none", null),
		row("ZRANGE $none 0 -1", []),
		row("ZPOPMIN $none", []),
		row("GEOADD $geo 13.361389 38.115556 Palermo", 1),
		row("GEOPOS $geo none", [null]),
	],
	"what scripts return": [
		row(lua("return 3.99"), 3),
		row(lua("return {1, {2, 'x'}, {}}"), [1, [2, "x"], []]),
		row(lua("return {1, false, 3}"), [1, null, 3]),
		row(lua("return {1, nil, 3}"), [1]),
		row(lua("return false"), null),
		row(lua("return true"), 1),
		row(lua("return {ok = 'FINE'}"), "FINE"),
		row(lua("return {1, {err = 'MYCODE inside'}, {3, {err = 'ERR deeper'}}}"), [
			1,
			{ error: "MYCODE inside" },
			[3, { error: "ERR deeper" }],
		]),
		row(lua("return '9007199254740993'"), "9007199254740993"),
		row(lua("return 9007199254740900"), 9007199254740900),
		row(lua("return -9007199254740900"), -9007199254740900),
		row(lua("return {'message', 'a', 'b'}"), ["message", "a", "b"]),
		row(luaResp3("return true"), 1),
		row(luaResp3("return false"), 0),
		row(luaResp3("return {true, false}"), [1, 0]),
		row(luaResp3("return {map = {a = {map = {b = true}}}}"), ["a", ["b", 1]]),
		row(luaResp3("return {map = {}}"), []),
		row(luaResp3("return {set = {a = true}}"), ["a"]),
		row(luaResp3("return {verbatim_string = {format = 'txt', string = 'two words'}}"), "two words"),
	],
	"streams by their own shape": [
		row("XADD $x 1-1 f v g w", "1-1"),
		row("XADD $x 2-1 f v", "2-1"),
		row("XLEN $x", 2),
		row("XRANGE $x - +", [
			["1-1", ["f", "v", "g", "w"]],
			["2-1", ["f", "v"]],
		]),
		row("XRANGE $none - +", []),
		row("XREAD COUNT 1 STREAMS $x 9", null),
		row("XGROUP CREATE $x g 0", "OK"),
		row("XPENDING $x g", [0, null, null, null]),
		row("XAUTOCLAIM $x g me 0 0", ["0-0", [], []]),
	],
};

/** Bytes are not asked for: there RESP2, which has no numbers of these kinds, has bytes, and RESP3 text. */
const numbers: readonly Row[] = [
	row("ZADD $z 1.5 a", 1),
	row("ZSCORE $z a", "1.5"),
	row("ZADD $z inf max -inf min", 2),
	row("ZSCORE $z max", "inf"),
	row("ZSCORE $z min", "-inf"),
	row("ZINCRBY $z 1 a", "2.5"),
	row("ZMSCORE $z a none", ["2.5", null]),
	row("ZADD $z INCR 1 a", "3.5"),
	row("ZADD $z NX INCR 1 a", null),
	row(luaResp3("return {double = 3.25}"), "3.25"),
	row(luaResp3("return {big_number = '12345678901234567890123'}"), "12345678901234567890123"),
];

function asGiven(reply: Reply): Shape {
	if (reply instanceof ServerError) return { error: reply.message };
	return isReplyList(reply) ? reply.map(asGiven) : reply;
}

const isReplyList: (reply: Reply) => reply is readonly Reply[] = Array.isArray;

function inBytes(shape: Shape): Shape {
	if (typeof shape === "string") return Buffer.from(shape);
	return isList(shape) ? shape.map(inBytes) : shape;
}

async function giveAll(scene: Scene, rows: readonly Row[], encoding: "utf8" | "buffer"): Promise<void> {
	const port = await scene.open();
	const key = (name: string): string => scene.key(name);
	for (const { args, gives } of rows) {
		const sent = args(key);
		const reply = asGiven(await port.command(raw(sent, { encoding })));
		const wanted = encoding === "buffer" ? inBytes(gives(key)) : gives(key);
		assert.deepEqual(reply, wanted, `${sent.join(" ")} gave ${JSON.stringify(reply)}`);
	}
}

const tableChecks = Object.entries(TABLES).flatMap(([what, rows]) => [
	check(`${what} have one shape, as text`, EVERYWHERE, (scene) => giveAll(scene, rows, "utf8")),
	check(`${what} have one shape, as bytes`, EVERYWHERE, (scene) => giveAll(scene, rows, "buffer")),
]);

/** A raw command with another reader of its reply. */
function readBy<T>(args: readonly Arg[], decode: (reply: WireReply) => T): Command<T> {
	return { ...raw(args), decode };
}

async function fill(port: RedisPort, ...commands: readonly (readonly Arg[])[]): Promise<void> {
	for (const args of commands) await port.command(raw(args));
}

export const shapeChecks: readonly Definition[] = [
	...tableChecks,
	check("doubles and big numbers come as decimal text, inf and -inf among them", EVERYWHERE, (scene) =>
		giveAll(scene, numbers, "utf8"),
	),
	check("members with scores are read the same, flat or in pairs", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const z = scene.key("z");
		await fill(port, ["ZADD", z, "-inf", "low", "1.5", "mid", "inf", "high"]);
		const all = [
			["low", Number.NEGATIVE_INFINITY],
			["mid", 1.5],
			["high", Number.POSITIVE_INFINITY],
		];
		const withScores = ["WITHSCORES"];
		assert.deepEqual(await port.command(readBy(["ZRANGE", z, "0", "-1", ...withScores], scored)), all);
		assert.deepEqual(
			await port.command(readBy(["ZRANGEBYSCORE", z, "-inf", "+inf", ...withScores], scored)),
			all,
		);
		assert.deepEqual(
			await port.command(readBy(["ZRANDMEMBER", z, "1", ...withScores], scored)).then((one) => one.length),
			1,
		);
		assert.deepEqual(
			await port.command(readBy(["ZRANGE", scene.key("none"), "0", "-1", ...withScores], scored)),
			[],
		);
		assert.deepEqual(await port.command(readBy(["ZSCORE", z, "high"], double)), Number.POSITIVE_INFINITY);
		assert.deepEqual(await port.command(readBy(["ZSCORE", z, "none"], doubleOrNull)), null);
		assert.deepEqual(await port.command(readBy(["ZPOPMIN", z], scored)), [["low", Number.NEGATIVE_INFINITY]]);
		assert.deepEqual(await port.command(readBy(["ZPOPMIN", z, "5"], scored)), all.slice(1));
	}),
	check("streams are read the same, whatever nesting a protocol gives them", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const x = scene.key("x");
		await fill(
			port,
			["XADD", x, "1-1", "f", "v", "f", "w"],
			["XADD", x, "2-1", "g", ""],
			["XGROUP", "CREATE", x, "g", "0"],
		);
		const first = ["1-1", [["f", "v"], ["f", "w"]]]; // biome-ignore format: one entry
		const second = ["2-1", [["g", ""]]];
		assert.deepEqual(await port.command(readBy(["XRANGE", x, "-", "+"], entries)), [first, second]);
		assert.deepEqual(await port.command(readBy(["XREAD", "STREAMS", x, "0"], streams)), [
			[x, [first, second]],
		]);
		assert.deepEqual(await port.command(readBy(["XREAD", "STREAMS", x, "9"], streams)), []);
		const group = ["XREADGROUP", "GROUP", "g", "me", "COUNT", "1", "STREAMS", x, ">"];
		assert.deepEqual(await port.command(readBy(group, streams)), [[x, [first]]]);
		const info = await port.command(xinfoStream(x));
		assert.equal(info.get("length"), 2);
		assert.equal(info.get("last-generated-id"), "2-1");
		const [groupInfo] = await port.command(xinfoGroups(x));
		assert.equal(groupInfo?.get("name"), "g");
		assert.equal(groupInfo?.get("pending"), 1);
	}),
	check("maps are read as maps: a hash with a field __proto__, CONFIG GET", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const h = scene.key("h");
		await fill(port, ["HSET", h, "__proto__", "p", "constructor", "c", "", "empty"]);
		const expected = new Map([["__proto__", "p"], ["constructor", "c"], ["", "empty"]]); // biome-ignore format: one hash
		assert.deepEqual(await port.command(hgetall(h)), expected);
		assert.deepEqual(await port.command(hgetall(scene.key("none"))), new Map());
		assert.deepEqual(
			await port.command(hgetallBuffer(h)),
			new Map([...expected].map(([field, value]) => [field, Buffer.from(value)])),
		);
		assert.deepEqual(
			await port.command(configGet("maxmemory-polic?")),
			new Map([["maxmemory-policy", "noeviction"]]),
		);
		assert.deepEqual(await port.command(raw(["CONFIG", "GET", "maxmemory-policy"])), [
			"maxmemory-policy",
			"noeviction",
		]);
	}),
	check("bytes that are no text go in and come out unchanged", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const key = Buffer.concat([Buffer.from(scene.key("")), binary]);
		await fill(port, ["SET", key, binary]);
		assert.deepEqual(await port.command(raw(["GET", key], { encoding: "buffer" })), binary);
		const h = scene.key("h");
		await fill(port, ["HSET", h, binary, binary]);
		assert.deepEqual(await port.command(raw(["HGETALL", h], { encoding: "buffer" })), [binary, binary]);
		const echoed = await port.command(
			raw(["EVAL", "return {KEYS[1], ARGV[1]}", "1", key, binary], { encoding: "buffer" }),
		);
		assert.deepEqual(echoed, [key, binary]);
		const large = Buffer.alloc(3_000_000, binary);
		await fill(port, ["SET", h, large]);
		assert.ok(
			large.equals(await port.command({ ...raw(["GET", h], { encoding: "buffer" }), decode: bytes })),
		);
	}),
	check("a pipeline of text and bytes keeps each reply in its own encoding", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const k = scene.key("k");
		const text = raw(["GET", k]);
		const binary = raw(["GET", k], { encoding: "buffer" });
		await fill(port, ["SET", k, "v"]);
		assert.deepEqual(await port.batch([text, binary, text]), ["v", Buffer.from("v"), "v"]);
		assert.deepEqual(await port.transaction([text, binary, text]), ["v", Buffer.from("v"), "v"]);
	}),
	check("a boolean is read as one in either protocol", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const source = "redis.setresp(3) return ARGV[1] == '1'";
		for (const yes of [true, false]) {
			const args = ["EVAL", source, "1", scene.key("k"), yes ? "1" : "0"];
			assert.equal(await port.command(readBy(args, flag)), yes);
			assert.equal(await port.command(readBy(args, canonical)), yes ? 1 : 0);
		}
	}),
];
