import { checkInteger } from "../check.ts";
import type { Arg, Command } from "../command.ts";
import { InvalidArgumentError } from "../errors.ts";

/** One, or several, of which there must be at least one. */
export type OneOrMore = Arg | readonly Arg[];

/** What goes in pairs: a Map, or `Object.entries(…)`. At least one pair. */
export type Pairs = Iterable<readonly [Arg, Arg]>;

/** Arguments while they are put together. */
export type Growing = [name: string, ...rest: Arg[]];

/** A whole number as the server reads it. */
export function whole(
	argument: string,
	value: number,
	min: number = Number.MIN_SAFE_INTEGER,
	max?: number,
): string {
	checkInteger(argument, value, min, max);
	return String(value);
}

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** A whole number of up to 64 bits. */
export function wholeBigInt(argument: string, value: bigint): string {
	if (typeof value === "bigint" && value >= MIN_INT64 && value <= MAX_INT64) return String(value);
	throw new InvalidArgumentError(argument, value, "a bigint from −2^63 to 2^63 − 1");
}

/** A finite number, in the shortest form that reads back as the same double. */
export function finite(argument: string, value: number): string {
	if (Number.isFinite(value)) return String(value);
	throw new InvalidArgumentError(argument, value, "a finite number");
}

/** A score: a finite number or an infinity. */
export function score(argument: string, value: number): string {
	if (Number.isFinite(value)) return String(value);
	if (value === Number.POSITIVE_INFINITY) return "+inf";
	if (value === Number.NEGATIVE_INFINITY) return "-inf";
	throw new InvalidArgumentError(argument, value, "a number other than NaN");
}

/** The command blocks, so that only a session takes it. */
export function blocking<T>(command: Command<T>): Command<T> {
	return { ...command, session: true };
}

/** What some blocking commands take instead of milliseconds; 0 is for ever. */
export function seconds(argument: string, ms: number): string {
	whole(argument, ms, 0);
	return String(ms / 1000);
}

/** One of a few words, as the server spells it. */
export function keyword<W extends string>(
	argument: string,
	value: W,
	words: Readonly<Record<W, string>>,
): string {
	if (Object.hasOwn(words, value)) return words[value];
	throw new InvalidArgumentError(
		argument,
		value,
		Object.keys(words)
			.map((name) => `"${name}"`)
			.join(" or "),
	);
}

export function some(argument: string, given: OneOrMore): readonly Arg[] {
	if (typeof given === "string" || Buffer.isBuffer(given)) return [given];
	if (!Array.isArray(given) || given.length === 0) {
		throw new InvalidArgumentError(argument, given, "a string or a Buffer, or an array of at least one");
	}
	return given;
}

/** Puts pairs behind `args`; gives back the first of each. */
export function addPairs(args: Growing, argument: string, pairs: Pairs): readonly Arg[] {
	const firsts: Arg[] = [];
	if (typeof pairs !== "object" || pairs === null || !(Symbol.iterator in pairs)) {
		throw new InvalidArgumentError(
			argument,
			pairs,
			"a Map or an array of pairs; of an object, Object.entries() of it",
		);
	}
	for (const [key, value] of pairs) {
		firsts.push(key);
		args.push(key, value);
	}
	if (firsts.length === 0) throw new InvalidArgumentError(argument, pairs, "at least one pair");
	return firsts;
}
