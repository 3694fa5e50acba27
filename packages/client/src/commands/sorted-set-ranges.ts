import { type Arg, type Args, type Command, overKeys, read, write } from "../command.ts";
import { integer, listOf, scored, text } from "../decode.ts";
import { type Growing, score, whole } from "./arguments.ts";

/** A score that belongs to the range, or `{ exclusive: score }`, which does not. Infinities for no bound. */
export type ScoreBound = number | { readonly exclusive: number };

function bound(argument: string, value: ScoreBound): string {
	return typeof value === "number" ? score(argument, value) : `(${score(argument, value.exclusive)}`;
}

export function zcount(key: Arg, min: ScoreBound, max: ScoreBound): Command<number> {
	return read(["ZCOUNT", key, bound("min", min), bound("max", max)], key, integer);
}

/** Where all scores are equal: bounds as the server has them, `[a`, `(a`, `-` and `+`. */
export function zlexcount(key: Arg, min: Arg, max: Arg): Command<number> {
	return read(["ZLEXCOUNT", key, min, max], key, integer);
}

export interface RangeOptions {
	/** From the highest score to the lowest. @default false */
	readonly reverse?: boolean;
}

export interface RangeLimit extends RangeOptions {
	/** Skips `offset` and gives up to `count`; the server walks over what it skips. @default all */
	readonly limit?: { readonly offset?: number; readonly count: number };
}

function byRank(
	name: string,
	keys: readonly Arg[],
	start: number,
	stop: number,
	options?: RangeOptions,
): Growing {
	const args: Growing = [name, ...keys, whole("start", start), whole("stop", stop)];
	if (options?.reverse === true) args.push("REV");
	return args;
}

/** `min` and `max` keep their places when the range is reversed: the server wants them the other way round. */
function between(
	name: string,
	keys: readonly Arg[],
	by: "BYSCORE" | "BYLEX",
	[min, max]: readonly [Arg, Arg],
	options?: RangeLimit,
): Growing {
	const args: Growing = [name, ...keys];
	if (options?.reverse === true) args.push(max, min, by, "REV");
	else args.push(min, max, by);
	if (options?.limit !== undefined) {
		const { offset = 0, count } = options.limit;
		args.push("LIMIT", whole("limit.offset", offset, 0), whole("limit.count", count, 0));
	}
	return args;
}

function withScores(args: Growing): Args {
	args.push("WITHSCORES");
	return args;
}

const bounds = (min: ScoreBound, max: ScoreBound) => [bound("min", min), bound("max", max)] as const;

/** By rank, from `start` to `stop`, both included; negative ones count from the other end. */
export function zrange(key: Arg, start: number, stop: number, options?: RangeOptions): Command<string[]> {
	return read(byRank("ZRANGE", [key], start, stop, options), key, listOf(text));
}

export function zrangeWithScores(
	key: Arg,
	start: number,
	stop: number,
	options?: RangeOptions,
): Command<Array<[member: string, score: number]>> {
	return read(withScores(byRank("ZRANGE", [key], start, stop, options)), key, scored);
}

export function zrangeByScore(
	key: Arg,
	min: ScoreBound,
	max: ScoreBound,
	options?: RangeLimit,
): Command<string[]> {
	return read(between("ZRANGE", [key], "BYSCORE", bounds(min, max), options), key, listOf(text));
}

export function zrangeByScoreWithScores(
	key: Arg,
	min: ScoreBound,
	max: ScoreBound,
	options?: RangeLimit,
): Command<Array<[member: string, score: number]>> {
	return read(withScores(between("ZRANGE", [key], "BYSCORE", bounds(min, max), options)), key, scored);
}

/** Where all scores are equal: bounds as for {@link zlexcount}. */
export function zrangeByLex(key: Arg, min: Arg, max: Arg, options?: RangeLimit): Command<string[]> {
	return read(between("ZRANGE", [key], "BYLEX", [min, max], options), key, listOf(text));
}

/** Replaces `destination` by a range of `source`; its size. */
export function zrangestore(
	destination: Arg,
	source: Arg,
	start: number,
	stop: number,
	options?: RangeOptions,
): Command<number> {
	const keys = [destination, source];
	return overKeys(write(byRank("ZRANGESTORE", keys, start, stop, options), undefined, integer), keys);
}

export function zrangestoreByScore(
	destination: Arg,
	source: Arg,
	min: ScoreBound,
	max: ScoreBound,
	options?: RangeLimit,
): Command<number> {
	const keys = [destination, source];
	const args = between("ZRANGESTORE", keys, "BYSCORE", bounds(min, max), options);
	return overKeys(write(args, undefined, integer), keys);
}

/** How many were removed. */
export function zremrangebyrank(key: Arg, start: number, stop: number): Command<number> {
	return write(["ZREMRANGEBYRANK", key, whole("start", start), whole("stop", stop)], key, integer);
}

/** How many were removed. */
export function zremrangebyscore(key: Arg, min: ScoreBound, max: ScoreBound): Command<number> {
	return write(["ZREMRANGEBYSCORE", key, bound("min", min), bound("max", max)], key, integer);
}

/** How many were removed. Bounds as for {@link zlexcount}. */
export function zremrangebylex(key: Arg, min: Arg, max: Arg): Command<number> {
	return write(["ZREMRANGEBYLEX", key, min, max], key, integer);
}
