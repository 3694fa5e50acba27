import { type Arg, type Command, overKeys, read, write } from "../command.ts";
import { flag, integer, integerOrNull, listOf, ok, text, textOrNull, tupleOf } from "../decode.ts";
import { type Growing, type OneOrMore, some, whole } from "./arguments.ts";
import { addExpireIf, type ExpireOptions } from "./expiry.ts";
import { addScanOptions, type ScanPageOptions } from "./scan-page.ts";

/** How many of the keys there were. */
export function del(keys: OneOrMore): Command<number> {
	const all = some("keys", keys);
	return overKeys(write(["DEL", ...all], undefined, integer), all);
}

/** As {@link del}, but the server frees the memory in the background: the one to use for big values. */
export function unlink(keys: OneOrMore): Command<number> {
	const all = some("keys", keys);
	return overKeys(write(["UNLINK", ...all], undefined, integer), all);
}

/** How many of the keys there are; a key that is given twice counts twice. */
export function exists(keys: OneOrMore): Command<number> {
	const all = some("keys", keys);
	return overKeys(read(["EXISTS", ...all], undefined, integer), all);
}

/** `string`, `hash`, `list`, `set`, `zset`, `stream`, a module's own, or `none`. */
export function type(key: Arg): Command<string> {
	return read(["TYPE", key], key, text);
}

/** Rejects with a ServerError when there is no `key`. */
export function rename(key: Arg, newKey: Arg): Command<void> {
	return overKeys(write(["RENAME", key, newKey], key, ok), [key, newKey]);
}

/** `false`: `newKey` exists already, and nothing was done. */
export function renamenx(key: Arg, newKey: Arg): Command<boolean> {
	return overKeys(write(["RENAMENX", key, newKey], key, flag), [key, newKey]);
}

/** `false`: there is no `source`, or there is a `destination` already and `replace` is not set. */
export function copy(
	source: Arg,
	destination: Arg,
	options?: { readonly replace?: boolean },
): Command<boolean> {
	const args: Growing = ["COPY", source, destination];
	if (options?.replace === true) args.push("REPLACE");
	return overKeys(write(args, source, flag), [source, destination]);
}

/** `false`: there is no such key, or `onlyIf` does not hold. */
export function pexpire(key: Arg, ttlMs: number, options?: ExpireOptions): Command<boolean> {
	return write(addExpireIf(["PEXPIRE", key, whole("ttlMs", ttlMs, 1)], options), key, flag);
}

/** At a Unix time in milliseconds; one in the past deletes the key. Otherwise as {@link pexpire}. */
export function pexpireat(key: Arg, expireAtMs: number, options?: ExpireOptions): Command<boolean> {
	return write(addExpireIf(["PEXPIREAT", key, whole("expireAtMs", expireAtMs, 1)], options), key, flag);
}

/** What is left, in milliseconds; −1: no TTL; −2: no such key. */
export function pttl(key: Arg): Command<number> {
	return read(["PTTL", key], key, integer);
}

/** The Unix time in milliseconds at which the key expires; −1: never; −2: no such key. */
export function pexpiretime(key: Arg): Command<number> {
	return read(["PEXPIRETIME", key], key, integer);
}

/** Takes the TTL off. `false`: there was none, or no such key. */
export function persist(key: Arg): Command<boolean> {
	return write(["PERSIST", key], key, flag);
}

/** One page of one node's keys, with the cursor of the next: `"0"` begins and ends. */
export function scan(
	cursor: string,
	options?: ScanPageOptions & { readonly type?: string },
): Command<[cursor: string, keys: string[]]> {
	const args = addScanOptions(["SCAN", cursor], options);
	if (options?.type !== undefined) args.push("TYPE", options.type);
	return write(args, undefined, tupleOf(text, listOf(text)));
}

/** How the server stores the value: `listpack`, `hashtable`, `int`, …; `null`: no such key. */
export function objectEncoding(key: Arg): Command<string | null> {
	return read(["OBJECT", "ENCODING", key], key, textOrNull);
}

/** How often it is used, on the server's logarithmic scale; only under an LFU eviction policy. */
export function objectFreq(key: Arg): Command<number | null> {
	return read(["OBJECT", "FREQ", key], key, integerOrNull);
}

/** Seconds since it was last used; not under an LFU eviction policy. */
export function objectIdletime(key: Arg): Command<number | null> {
	return read(["OBJECT", "IDLETIME", key], key, integerOrNull);
}

/**
 * Bytes that key and value take, estimated from so many elements; `null`: no such key.
 *
 * @param samples 0 looks at every element and stalls the server on a big value. @default 5
 */
export function memoryUsage(key: Arg, samples?: number): Command<number | null> {
	return samples === undefined
		? read(["MEMORY", "USAGE", key], key, integerOrNull)
		: read(["MEMORY", "USAGE", key, "SAMPLES", whole("samples", samples, 0)], key, integerOrNull);
}
