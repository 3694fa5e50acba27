import { double, InvalidArgumentError, integer, UnexpectedReplyError, type WireReply } from "@rk/client";
import type { Codec } from "./codec.ts";

/** Beyond it, a client may misread an integer of the protocol by one. */
const LARGEST_EXACT = 2 ** 53 - 49;

/** @throws {InvalidArgumentError} not a whole number between the two, within ±(2^53 − 1) */
export function intFrom(min: number, max: number = Number.MAX_SAFE_INTEGER): Codec<number> {
	return {
		encoding: "utf8",
		encode(argument, value) {
			if (Number.isSafeInteger(value) && value >= min && value <= max) return String(value);
			throw new InvalidArgumentError(argument, value, `a whole number from ${min} to ${max}`);
		},
		decode: wholeNumber,
	};
}

/**
 * A whole number within ±(2^53 − 1), which JavaScript and Lua both hold exactly (−0 is 0).
 *
 * Reads an integer within ±(2^53 − 49), beyond which a client may misread it, or text that holds a whole number within
 * ±(2^53 − 1).
 */
export const int: Codec<number> = intFrom(Number.MIN_SAFE_INTEGER);

function wholeNumber(reply: WireReply): number {
	if (typeof reply === "string" && /^(0|-?[1-9]\d*)$/.test(reply)) {
		const value = Number(reply);
		if (Number.isSafeInteger(value)) return value;
		throw new UnexpectedReplyError("a whole number within ±(2^53 − 1)", reply);
	}
	const value = integer(reply);
	if (Math.abs(value) <= LARGEST_EXACT) return value;
	throw new UnexpectedReplyError("an integer within ±(2^53 − 49), or text", reply);
}

/**
 * A finite number, as text that reads back as the same double, −0 included. A script must reply with text:
 * `string.format("%.17g", x)`; a Lua number loses its fraction on the way.
 */
export const float: Codec<number> = {
	encoding: "utf8",
	encode(argument, value) {
		if (!Number.isFinite(value)) throw new InvalidArgumentError(argument, value, "a finite number");
		return Object.is(value, -0) ? "-0" : String(value);
	},
	decode: double,
};
