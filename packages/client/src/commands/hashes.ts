import { type Arg, type Command, read, write } from "../command.ts";
import {
	bigInteger,
	bytes,
	bytesOrNull,
	double,
	flag,
	integer,
	listOf,
	mapOf,
	pairsOf,
	text,
	textOrNull,
	tupleOf,
} from "../decode.ts";
import { defineScript, type ScriptCall } from "../script.ts";
import {
	addPairs,
	finite,
	type Growing,
	type OneOrMore,
	type Pairs,
	some,
	whole,
	wholeBigInt,
} from "./arguments.ts";
import { addExpireIf, type ExpireOptions } from "./expiry.ts";
import hincrbyLua from "./hincrby.lua";
import { addScanOptions, type ScanPageOptions } from "./scan-page.ts";

export function hget(key: Arg, field: Arg): Command<string | null> {
	return read(["HGET", key, field], key, textOrNull);
}

export function hgetBuffer(key: Arg, field: Arg): Command<Buffer | null> {
	return read(["HGET", key, field], key, bytesOrNull, "buffer");
}

/** By the order of the fields. */
export function hmget(key: Arg, fields: OneOrMore): Command<Array<string | null>> {
	return read(["HMGET", key, ...some("fields", fields)], key, listOf(textOrNull));
}

export function hmgetBuffer(key: Arg, fields: OneOrMore): Command<Array<Buffer | null>> {
	return read(["HMGET", key, ...some("fields", fields)], key, listOf(bytesOrNull), "buffer");
}

/** All of it, empty if there is no such key. One big hash stalls the server: see {@link hscan}. */
export function hgetall(key: Arg): Command<Map<string, string>> {
	return read(["HGETALL", key], key, mapOf(text));
}

const byteValues = pairsOf((field) => bytes(field).toString(), bytes);

/** Values as bytes, fields as text. */
export function hgetallBuffer(key: Arg): Command<Map<string, Buffer>> {
	return read(["HGETALL", key], key, (reply) => new Map(byteValues(reply)), "buffer");
}

/** `true`: the field is new. */
export function hset(key: Arg, field: Arg, value: Arg): Command<boolean> {
	return write(["HSET", key, field, value], key, flag);
}

/** How many of the fields are new. */
export function hsetMany(key: Arg, fields: Pairs): Command<number> {
	const args: Growing = ["HSET", key];
	addPairs(args, "fields", fields);
	return write(args, key, integer);
}

/** `false`: the field exists, and keeps its value. */
export function hsetnx(key: Arg, field: Arg, value: Arg): Command<boolean> {
	return write(["HSETNX", key, field, value], key, flag);
}

/** How many of the fields there were. */
export function hdel(key: Arg, fields: OneOrMore): Command<number> {
	return write(["HDEL", key, ...some("fields", fields)], key, integer);
}

export function hexists(key: Arg, field: Arg): Command<boolean> {
	return read(["HEXISTS", key, field], key, flag);
}

export function hlen(key: Arg): Command<number> {
	return read(["HLEN", key], key, integer);
}

export function hkeys(key: Arg): Command<string[]> {
	return read(["HKEYS", key], key, listOf(text));
}

export function hvals(key: Arg): Command<string[]> {
	return read(["HVALS", key], key, listOf(text));
}

/** Bytes of the value, 0 if there is none. */
export function hstrlen(key: Arg, field: Arg): Command<number> {
	return read(["HSTRLEN", key, field], key, integer);
}

/** The new value; exact as far as {@link Reply} says, and {@link hincrbyBigInt} beyond. */
export function hincrby(key: Arg, field: Arg, delta: number): Command<number> {
	return write(["HINCRBY", key, field, whole("delta", delta)], key, integer);
}

const addToField: ScriptCall<bigint> = defineScript({ lua: hincrbyLua, keys: 1, reply: bigInteger });

/** The new value, exact over the whole 64-bit range; beyond it, rejects with a ServerError and changes nothing. */
export function hincrbyBigInt(key: Arg, field: Arg, delta: bigint): Command<bigint> {
	return addToField([key], [field, wholeBigInt("delta", delta)]);
}

/** The new value. Sums of fractions drift: count in whole units where it matters. */
export function hincrbyfloat(key: Arg, field: Arg, delta: number): Command<number> {
	return write(["HINCRBYFLOAT", key, field, finite("delta", delta)], key, double);
}

/** One page of fields and values, with the cursor of the next: `"0"` begins and ends. A small hash comes whole. */
export function hscan(
	key: Arg,
	cursor: string,
	options?: ScanPageOptions,
): Command<[cursor: string, fields: Array<[string, string]>]> {
	return write(addScanOptions(["HSCAN", key, cursor], options), key, tupleOf(text, pairsOf(text, text)));
}

/** Field by field: 1 set, 0 `onlyIf` does not hold, −2 no such field. Redis ≥ 7.4, Valkey ≥ 9. */
export function hpexpire(
	key: Arg,
	ttlMs: number,
	fields: OneOrMore,
	options?: ExpireOptions,
): Command<number[]> {
	const all = some("fields", fields);
	const args = addExpireIf(["HPEXPIRE", key, whole("ttlMs", ttlMs, 1)], options);
	args.push("FIELDS", String(all.length), ...all);
	return write(args, key, listOf(integer));
}

/** Field by field, in milliseconds; −1 no TTL, −2 no such field. Redis ≥ 7.4, Valkey ≥ 9. */
export function hpttl(key: Arg, fields: OneOrMore): Command<number[]> {
	const all = some("fields", fields);
	return read(["HPTTL", key, "FIELDS", String(all.length), ...all], key, listOf(integer));
}
