import {
	type Arg,
	bytes as asBytes,
	text as asText,
	flag,
	InvalidArgumentError,
	isText,
	RkError,
	UnexpectedReplyError,
	type WireReply,
} from "@rk/client";
import type { Codec } from "./codec.ts";

/** Text or bytes that arrive as they are. @throws {InvalidArgumentError} neither, or text that is not well formed */
export function exactArg(argument: string, value: unknown): Arg {
	if (Buffer.isBuffer(value)) return value;
	if (isText(value)) return value;
	throw new InvalidArgumentError(argument, value, "well-formed text, or a Buffer");
}

/** Text, of any length. A reply that is not UTF-8 needs {@link bytes}. */
export const text: Codec<string> = {
	encoding: "utf8",
	encode(argument, value) {
		if (typeof value === "string") return exactArg(argument, value);
		throw new InvalidArgumentError(argument, value, "text");
	},
	decode: asText,
};

/** Bytes, or text as its UTF-8; read as a Buffer. */
export const bytes: Codec<Arg, Buffer> = {
	encoding: "buffer",
	encode: exactArg,
	decode: asBytes,
};

/** `"1"` or `"0"`; reads 1 and 0, and nil, which is what Lua's `false` becomes, as `false`. */
export const bool: Codec<boolean> = {
	encoding: "utf8",
	encode(argument, value) {
		if (typeof value === "boolean") return value ? "1" : "0";
		throw new InvalidArgumentError(argument, value, "true or false");
	},
	decode: (reply) => reply !== null && flag(reply),
};

/**
 * JSON, as `JSON.stringify` writes it. Numbers that JSON has not (NaN, the infinities, −0) are refused, wherever they are
 * in the value. `read` makes of what was parsed what it should be, and throws if it is not that.
 *
 * Mind `cjson` in the script: it writes numbers with 14 digits, and an empty list as `{}`.
 */
export function json(): Codec<unknown>;
export function json<T>(read: (value: unknown) => T): Codec<T>;
export function json(read: (value: unknown) => unknown = (value) => value): Codec<unknown> {
	return {
		encoding: "utf8",
		encode(argument, value) {
			const written = stringify(argument, value);
			if (written !== undefined) return written;
			throw new InvalidArgumentError(argument, value, "a value that JSON has");
		},
		decode(reply: WireReply) {
			const written = asText(reply);
			let value: unknown;
			try {
				value = JSON.parse(written);
			} catch {
				throw new UnexpectedReplyError("JSON", reply);
			}
			return read(value);
		},
	};
}

function stringify(argument: string, value: unknown): string | undefined {
	const checked = (key: string, part: unknown): unknown => {
		if (typeof part === "bigint" || (typeof part === "number" && !inJson(part))) {
			throw new InvalidArgumentError(
				key === "" ? argument : `${argument}: ${key}`,
				part,
				"a number that JSON has",
			);
		}
		return part;
	};
	try {
		return JSON.stringify(value, checked);
	} catch (error) {
		if (error instanceof RkError) throw error;
		// It contains itself, or its own `toJSON` failed.
		throw new InvalidArgumentError(argument, value, "a value that JSON has");
	}
}

const inJson = (value: number): boolean => Number.isFinite(value) && !Object.is(value, -0);
