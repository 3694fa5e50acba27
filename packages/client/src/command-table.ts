import type { Arg, Args } from "./command.ts";

/*
 * What the server itself knows of its commands and a client must know too: where the keys are, and which commands
 * do not belong on a connection that others use. Redis 7.0 to 8, Valkey 8 and 9, and the modules that come with them.
 */

/** Finds a command's keys among its arguments. */
type KeyRule = (args: Args) => readonly Arg[];

const keyless: KeyRule = () => [];

const pick = (args: readonly Arg[], first: number, end: number, step: number): readonly Arg[] =>
	args.slice(first, end).filter((_, i) => i % step === 0);

/** Keys from `first` to `last` (negative: counted from the end), each `step` arguments after the one before. */
const range =
	(first: number, last: number, step = 1): KeyRule =>
	(args) =>
		pick(args, first, last < 0 ? args.length + last + 1 : last + 1, step);

/** The number of keys at `at`, and the keys behind it. */
const counted =
	(at: number, step = 1): KeyRule =>
	(args) => {
		const end = at + 1 + Number(args[at]) * step;
		return end <= args.length ? pick(args, at + 1, end, step) : [];
	};

const together =
	(...rules: readonly KeyRule[]): KeyRule =>
	(args) =>
		rules.flatMap((rule) => rule(args));

const word = (arg: Arg | undefined): string => String(arg ?? "").toUpperCase();

/** The argument behind this word, from `start` on. */
const after =
	(start: number, keyword: string): KeyRule =>
	(args) => {
		const at = args.findIndex((arg, i) => i >= start && word(arg) === keyword);
		return at < 0 ? [] : args.slice(at + 1, at + 2);
	};

/** `SORT` takes words behind these options, which may read `STORE` too. The last one counts. */
const sortStore: KeyRule = (args) => {
	let store: readonly Arg[] = [];
	for (let i = 2; i < args.length; i++) {
		const option = word(args[i]);
		if (option === "STORE") store = args.slice(i + 1, i + 2);
		if (option === "STORE" || option === "BY" || option === "GET") i++;
	}
	return store;
};

const READ_OPTIONS: ReadonlyMap<string, number> = new Map([
	["GROUP", 3],
	["COUNT", 2],
	["BLOCK", 2],
	["CLAIM", 2],
	["NOACK", 1],
]);

/** Where an option of `XREAD` or `XREADGROUP` stands; a group or a consumer may bear an option's name. */
function readOption(args: Args, wanted: "STREAMS" | "BLOCK"): number {
	for (let i = 1; i < args.length; ) {
		const option = word(args[i]);
		if (option === wanted) return i;
		const length = READ_OPTIONS.get(option);
		if (length === undefined) return -1;
		i += length;
	}
	return -1;
}

/** Behind `STREAMS`: all keys, then as many ids. */
const readStreams: KeyRule = (args) => {
	const first = readOption(args, "STREAMS") + 1;
	return first === 0 ? [] : args.slice(first, first + Math.floor((args.length - first) / 2));
};

/** Behind `KEYS`, if the place of the one key is empty. */
const migrate: KeyRule = (args) => {
	if (String(args[3]) !== "") return args.slice(3, 4);
	const at = args.findIndex((arg, i) => i > 5 && word(arg) === "KEYS");
	return at < 0 ? [] : args.slice(at + 1);
};

const first = range(1, 1);
const firstTwo = range(1, 2);
const all = range(1, -1);

const of = (rule: KeyRule, names: string): Array<[string, KeyRule]> =>
	names.split(" ").map((name) => [name, rule]);

/** Every command whose keys are not just its first argument. */
const RULES: ReadonlyMap<string, KeyRule> = new Map([
	...of(
		keyless,
		"ACL ASKING AUTH BGREWRITEAOF BGSAVE CLIENT CLUSTER COMMAND COMMANDLOG CONFIG DBSIZE DEBUG DISCARD",
	),
	...of(
		keyless,
		"ECHO EXEC FAILOVER FLUSHALL FLUSHDB FUNCTION HELLO HOTKEYS INFO KEYS LASTSAVE LATENCY LOLWUT",
	),
	...of(
		keyless,
		"MODULE MONITOR MULTI PFSELFTEST PING PSUBSCRIBE PSYNC PUBLISH PUBSUB PUNSUBSCRIBE QUIT RANDOMKEY",
	),
	...of(
		keyless,
		"READONLY READWRITE REPLCONF REPLICAOF RESET ROLE SAVE SCAN SCRIPT SELECT SENTINEL SHUTDOWN SLAVEOF",
	),
	...of(keyless, "SLOWLOG SUBSCRIBE SWAPDB SYNC TIME UNSUBSCRIBE UNWATCH WAIT WAITAOF"),
	...of(keyless, "TS.MGET TS.MRANGE TS.MREVRANGE TS.QUERYINDEX"),
	...of(
		firstTwo,
		"BLMOVE BRPOPLPUSH COPY GEOSEARCHSTORE LCS LMOVE RENAME RENAMENX RPOPLPUSH SMOVE ZRANGESTORE",
	),
	...of(firstTwo, "TS.CREATERULE TS.DELETERULE"),
	...of(
		all,
		"DEL EXISTS MGET PFCOUNT PFMERGE SDIFF SDIFFSTORE SINTER SINTERSTORE SSUBSCRIBE SUNION SUNIONSTORE",
	),
	...of(all, "SUNSUBSCRIBE TOUCH UNLINK WATCH"),
	...of(range(1, -2), "BLPOP BRPOP BZPOPMAX BZPOPMIN JSON.MGET"),
	...of(range(1, -1, 2), "MSET MSETNX"),
	...of(range(1, -1, 3), "JSON.MSET TS.MADD"),
	...of(range(2, 2), "MEMORY OBJECT PFDEBUG XGROUP XINFO"),
	...of(range(2, -1), "BITOP"),
	...of(counted(1), "LMPOP SINTERCARD ZDIFF ZINTER ZINTERCARD ZMPOP ZUNION"),
	...of(counted(2), "BLMPOP BZMPOP EVAL EVALSHA EVALSHA_RO EVAL_RO FCALL FCALL_RO"),
	...of(counted(1, 2), "MSETEX"),
	...of(together(first, counted(2)), "CMS.MERGE TDIGEST.MERGE ZDIFFSTORE ZINTERSTORE ZUNIONSTORE"),
	...of(together(first, after(6, "STORE"), after(6, "STOREDIST")), "GEORADIUS"),
	...of(together(first, after(5, "STORE"), after(5, "STOREDIST")), "GEORADIUSBYMEMBER"),
	...of(together(first, sortStore), "SORT"),
	...of(readStreams, "XREAD XREADGROUP"),
	...of(migrate, "MIGRATE"),
]);

/**
 * All keys of a command, in order, as the server would find them; none when it has none, or when its arguments make no
 * sense. Shard channels count as keys, for they have slots.
 *
 * A command that is not in the table counts as one with a single key, its first argument: that is right for all but a
 * few commands of modules.
 */
export function keysOf(args: Args): readonly Arg[] {
	return (RULES.get(args[0]) ?? first)(args);
}

const OWN_CONNECTION: ReadonlySet<string> = new Set(
	(
		"BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN WAIT WAITAOF " +
		"PSUBSCRIBE PUNSUBSCRIBE SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE UNSUBSCRIBE " +
		"DISCARD EXEC MULTI UNWATCH WATCH " +
		"ASKING AUTH HELLO MONITOR PSYNC QUIT READONLY READWRITE REPLCONF RESET SELECT SYNC"
	).split(" "),
);

const OWN_CONNECTION_SUBCOMMANDS: ReadonlySet<string> = new Set([
	...[
		"CACHING",
		"CAPA",
		"IMPORT-SOURCE",
		"NO-EVICT",
		"NO-TOUCH",
		"REPLY",
		"SETINFO",
		"SETNAME",
		"TRACKING",
	].map((name) => `CLIENT ${name}`),
	"SCRIPT DEBUG",
]);

/**
 * It blocks, or changes the state of the connection it comes on: on a shared connection others would wait with it, or
 * find themselves in its state. `XREAD` and `XREADGROUP` only with `BLOCK`.
 */
export function needsOwnConnection(args: Args): boolean {
	const [name, subcommand] = args;
	if (OWN_CONNECTION.has(name)) return true;
	if (name === "XREAD" || name === "XREADGROUP") return readOption(args, "BLOCK") > 0;
	return (
		(name === "CLIENT" || name === "SCRIPT") && OWN_CONNECTION_SUBCOMMANDS.has(`${name} ${word(subcommand)}`)
	);
}
