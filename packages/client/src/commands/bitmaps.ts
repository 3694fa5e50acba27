import { type Arg, type Args, type Command, overKeys, read, write } from "../command.ts";
import { flag, integer, integerOrNull, listOf } from "../decode.ts";
import { InvalidArgumentError } from "../errors.ts";
import { type Growing, keyword, type OneOrMore, some, whole } from "./arguments.ts";

/** The last bit of the longest value that a server takes by default, 512 MiB. */
const MAX_OFFSET = 2 ** 32 - 1;

/** The bit that was there before. A far offset makes the server allocate all bytes up to it, at once. */
export function setbit(key: Arg, offset: number, bit: boolean): Command<boolean> {
	return write(["SETBIT", key, whole("offset", offset, 0, MAX_OFFSET), bit ? "1" : "0"], key, flag);
}

export function getbit(key: Arg, offset: number): Command<boolean> {
	return read(["GETBIT", key, whole("offset", offset, 0, MAX_OFFSET)], key, flag);
}

export interface BitRange {
	readonly start: number;
	/** Included; negative ones count from the end. */
	readonly end: number;
	/** What `start` and `end` count. @default "byte" */
	readonly unit?: "byte" | "bit";
}

const UNITS = { byte: "BYTE", bit: "BIT" } as const;

function addRange(args: Growing, range: BitRange | undefined): Args {
	if (range === undefined) return args;
	args.push(whole("start", range.start), whole("end", range.end));
	if (range.unit !== undefined) args.push(keyword("unit", range.unit, UNITS));
	return args;
}

/** How many bits are 1. */
export function bitcount(key: Arg, range?: BitRange): Command<number> {
	return read(addRange(["BITCOUNT", key], range), key, integer);
}

/** The place of the first such bit, counted in bits from the beginning of the value; −1: none. */
export function bitpos(key: Arg, bit: boolean, range?: BitRange): Command<number> {
	return read(addRange(["BITPOS", key, bit ? "1" : "0"], range), key, integer);
}

const OPERATIONS = { and: "AND", or: "OR", xor: "XOR", not: "NOT" } as const;

/** Replaces `destination`; its length in bytes. `not` takes one key. */
export function bitop(
	operation: "and" | "or" | "xor" | "not",
	destination: Arg,
	keys: OneOrMore,
): Command<number> {
	const all = [destination, ...some("keys", keys)];
	if (operation === "not" && all.length !== 2)
		throw new InvalidArgumentError("keys", keys, 'one key for "not"');
	return overKeys(
		write(["BITOP", keyword("operation", operation, OPERATIONS), ...all], undefined, integer),
		all,
	);
}

/** `u1` to `u63`, `i1` to `i64`. */
export type BitfieldType = `u${number}` | `i${number}`;

/** Where a field begins, in bits. */
export interface BitfieldPlace {
	readonly type: BitfieldType;
	readonly offset: number;
}

export type BitfieldOperation =
	| { readonly get: BitfieldPlace }
	| { readonly set: BitfieldPlace; readonly to: number }
	| { readonly incrby: BitfieldPlace; readonly delta: number }
	/** For the operations behind it; `fail`: the result is `null`, and nothing is written. */
	| { readonly overflow: "wrap" | "saturate" | "fail" };

const OVERFLOWS = { wrap: "WRAP", saturate: "SAT", fail: "FAIL" } as const;

function addPlace(args: Growing, verb: string, { type, offset }: BitfieldPlace): void {
	const bits = Number(type.slice(1));
	const sign = type[0];
	if (
		(sign !== "u" && sign !== "i") ||
		!Number.isInteger(bits) ||
		bits < 1 ||
		bits > (sign === "u" ? 63 : 64)
	) {
		throw new InvalidArgumentError("type", type, "u1 to u63 or i1 to i64");
	}
	args.push(verb, type, whole("offset", offset, 0));
}

/**
 * Runs the operations in order; gives the value read, the value before a `set`, and the value after an `incrby`. Those are
 * exact as far as {@link Reply} says.
 */
export function bitfield(key: Arg, operations: readonly BitfieldOperation[]): Command<Array<number | null>> {
	if (operations.length === 0) throw new InvalidArgumentError("operations", operations, "at least one");
	const args: Growing = ["BITFIELD", key];
	for (const operation of operations) {
		if ("get" in operation) {
			addPlace(args, "GET", operation.get);
		} else if ("set" in operation) {
			addPlace(args, "SET", operation.set);
			args.push(whole("to", operation.to));
		} else if ("incrby" in operation) {
			addPlace(args, "INCRBY", operation.incrby);
			args.push(whole("delta", operation.delta));
		} else {
			args.push("OVERFLOW", keyword("overflow", operation.overflow, OVERFLOWS));
		}
	}
	return write(args, key, listOf(integerOrNull));
}

/** The fields at these places, which a replica may read. */
export function bitfieldRo(key: Arg, places: readonly BitfieldPlace[]): Command<number[]> {
	if (places.length === 0) throw new InvalidArgumentError("places", places, "at least one");
	const args: Growing = ["BITFIELD_RO", key];
	for (const place of places) addPlace(args, "GET", place);
	return read(args, key, listOf(integer));
}
