import { checkArray, checkKnown } from "../check.ts";
import { type Arg, type Args, type Command, overKeys, read, write } from "../command.ts";
import {
	bigInteger,
	bigIntegerOrNull,
	bytesOrNull,
	done,
	double,
	flag,
	integer,
	listOf,
	ok,
	text,
	textOrNull,
} from "../decode.ts";
import { InvalidArgumentError } from "../errors.ts";
import { defineScript, type ScriptCall } from "../script.ts";
import { addPairs, finite, type Growing, keyword, type Pairs, whole, wholeBigInt } from "./arguments.ts";
import { addExpiry, type Expiry } from "./expiry.ts";
import incrbyLua from "./incrby.lua";

export function get(key: Arg): Command<string | null> {
	return read(["GET", key], key, textOrNull);
}

export function getBuffer(key: Arg): Command<Buffer | null> {
	return read(["GET", key], key, bytesOrNull, "buffer");
}

/** A counter, exact over the whole 64-bit range. Rejects when the value is not a whole number. */
export function getBigInt(key: Arg): Command<bigint | null> {
	return read(["GET", key], key, bigIntegerOrNull);
}

/** An expiry, or neither: then the key has no TTL afterwards, whatever it had before. */
export interface SetOptions extends Expiry {
	/** Leaves the TTL as it is. */
	readonly keepTtl?: boolean;
	/** Writes only if there is no such key, or only if there is one. @default always */
	readonly onlyIf?: "absent" | "present";
}

const SET_OPTIONS = ["ttlMs", "expireAtMs", "keepTtl", "onlyIf"];
const PRESENCE = { absent: "NX", present: "XX" } as const;

function setArgs(key: Arg, value: Arg, options: SetOptions): Growing {
	// A misspelled TTL would make a key that never ends.
	checkKnown("", options, SET_OPTIONS);
	const args: Growing = ["SET", key, value];
	const expires = addExpiry(args, options);
	if (options.keepTtl === true) {
		if (expires)
			throw new InvalidArgumentError("keepTtl", true, "left out when ttlMs or expireAtMs is given");
		args.push("KEEPTTL");
	}
	if (options.onlyIf !== undefined) args.push(keyword("onlyIf", options.onlyIf, PRESENCE));
	return args;
}

/** `false`: `onlyIf` did not hold, and nothing was written. */
export function set(key: Arg, value: Arg, options?: SetOptions): Command<boolean> {
	return write(options === undefined ? ["SET", key, value] : setArgs(key, value, options), key, done);
}

/** Sets, and gives what was there before, also when `onlyIf` did not hold. */
export function setGet(key: Arg, value: Arg, options: SetOptions = {}): Command<string | null> {
	const args = setArgs(key, value, options);
	args.push("GET");
	return write(args, key, textOrNull);
}

/** By the order of the keys; `null` for one that is not there, or holds no string. */
export function mget(keys: readonly Arg[]): Command<Array<string | null>> {
	return overKeys(read(mgetArgs(keys), undefined, textsOrNull), keys);
}

export function mgetBuffer(keys: readonly Arg[]): Command<Array<Buffer | null>> {
	return overKeys(read(mgetArgs(keys), undefined, buffersOrNull, "buffer"), keys);
}

function mgetArgs(keys: readonly Arg[]): Args {
	checkArray("keys", keys);
	if (keys.length === 0) throw new InvalidArgumentError("keys", keys, "at least one");
	return ["MGET", ...keys];
}

const textsOrNull = listOf(textOrNull);
const buffersOrNull = listOf(bytesOrNull);

/** All at once, and without a TTL. */
export function mset(entries: Pairs): Command<void> {
	const args: Growing = ["MSET"];
	const keys = addPairs(args, "entries", entries);
	return overKeys(write(args, undefined, ok), keys);
}

/** `false`: one of the keys exists, and nothing was written. */
export function msetnx(entries: Pairs): Command<boolean> {
	const args: Growing = ["MSETNX"];
	const keys = addPairs(args, "entries", entries);
	return overKeys(write(args, undefined, flag), keys);
}

export interface GetexOptions extends Expiry {
	/** Takes the TTL off. */
	readonly persist?: boolean;
}

/** Reads, and gives the key another TTL, or takes it off. */
export function getex(key: Arg, options: GetexOptions): Command<string | null> {
	return write(getexArgs(key, options), key, textOrNull);
}

export function getexBuffer(key: Arg, options: GetexOptions): Command<Buffer | null> {
	return write(getexArgs(key, options), key, bytesOrNull, "buffer");
}

function getexArgs(key: Arg, options: GetexOptions): Args {
	const args: Growing = ["GETEX", key];
	const expires = addExpiry(args, options);
	if (options.persist === true) {
		if (expires)
			throw new InvalidArgumentError("persist", true, "left out when ttlMs or expireAtMs is given");
		args.push("PERSIST");
	}
	return args;
}

/** Reads and deletes. */
export function getdel(key: Arg): Command<string | null> {
	return write(["GETDEL", key], key, textOrNull);
}

export function getdelBuffer(key: Arg): Command<Buffer | null> {
	return write(["GETDEL", key], key, bytesOrNull, "buffer");
}

/** The new value; exact as far as {@link Reply} says, and {@link incrbyBigInt} beyond. */
export function incr(key: Arg): Command<number> {
	return write(["INCR", key], key, integer);
}

export function decr(key: Arg): Command<number> {
	return write(["DECR", key], key, integer);
}

export function incrby(key: Arg, delta: number): Command<number> {
	return write(["INCRBY", key, whole("delta", delta)], key, integer);
}

export function decrby(key: Arg, delta: number): Command<number> {
	return write(["DECRBY", key, whole("delta", delta)], key, integer);
}

const addToCounter: ScriptCall<bigint> = defineScript({ lua: incrbyLua, keys: 1, reply: bigInteger });

/** The new value, exact over the whole 64-bit range; beyond it, rejects with a ServerError and changes nothing. */
export function incrbyBigInt(key: Arg, delta: bigint): Command<bigint> {
	return addToCounter([key], [wholeBigInt("delta", delta)]);
}

/** The new value. Sums of fractions drift: count in whole units where it matters. */
export function incrbyfloat(key: Arg, delta: number): Command<number> {
	return write(["INCRBYFLOAT", key, finite("delta", delta)], key, double);
}

/** The new length in bytes. */
export function append(key: Arg, value: Arg): Command<number> {
	return write(["APPEND", key, value], key, integer);
}

/** Bytes, 0 if there is no such key. */
export function strlen(key: Arg): Command<number> {
	return read(["STRLEN", key], key, integer);
}

/** Bytes `start` to `end`, both included; negative ones count from the end. */
export function getrange(key: Arg, start: number, end: number): Command<string> {
	return read(["GETRANGE", key, whole("start", start), whole("end", end)], key, text);
}

/** Overwrites from byte `offset` on; the new length in bytes. */
export function setrange(key: Arg, offset: number, value: Arg): Command<number> {
	return write(["SETRANGE", key, whole("offset", offset, 0), value], key, integer);
}
