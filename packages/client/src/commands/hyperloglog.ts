import { type Arg, type Command, overKeys, read, write } from "../command.ts";
import { flag, integer, ok } from "../decode.ts";
import { type OneOrMore, some } from "./arguments.ts";

/** `true`: the estimate may have changed. */
export function pfadd(key: Arg, elements: OneOrMore): Command<boolean> {
	return write(["PFADD", key, ...some("elements", elements)], key, flag);
}

/** About how many different elements were added to any of the keys: standard error 0.81 %. */
export function pfcount(keys: OneOrMore): Command<number> {
	const all = some("keys", keys);
	return overKeys(read(["PFCOUNT", ...all], undefined, integer), all);
}

/** Adds what the sources counted to `destination`, which keeps its own. */
export function pfmerge(destination: Arg, sources: OneOrMore): Command<void> {
	const all = [destination, ...some("sources", sources)];
	return overKeys(write(["PFMERGE", ...all], undefined, ok), all);
}
