import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServer, type TestServer } from "../../../test/servers.ts";
import type { Arg, Args } from "../src/command.ts";
import { keysOf, needsOwnConnection } from "../src/command-table.ts";
import { type Documented, documented, sample } from "./commands/samples.ts";

let server: TestServer;
let redis: Redis;
let commands: Documented[];

beforeAll(async () => {
	server = await startServer();
	redis = new Redis({ port: server.port, host: server.host, protocol: 2 });
	commands = documented(await redis.call("COMMAND", "DOCS"), await redis.call("COMMAND"));
});

afterAll(async () => {
	redis.disconnect();
	await server.stop();
});

/** The keys that the server itself finds; `undefined` when it takes the arguments for nonsense. */
async function keysByServer(args: Args): Promise<readonly string[] | undefined> {
	if (args.length === 1) return [];
	try {
		const keys = await redis.call("COMMAND", ["GETKEYS", ...args]);
		return Array.isArray(keys) ? keys.map(String) : undefined;
	} catch (error) {
		if (!(error instanceof Error)) throw error;
		if (/has no key arguments/.test(error.message)) return [];
		if (/Invalid (number of )?arguments/.test(error.message)) return undefined;
		throw error;
	}
}

const SAMPLES = 40;

/** Their channels, or cursors, decide the slot, but the server does not call them keys. */
const ROUTED_BY_OTHERS = new Set(["CLUSTERSCAN", "SPUBLISH", "SSUBSCRIBE", "SUNSUBSCRIBE"]);

describe("the keys of a command", () => {
	// Seen red: BITOP's operation or BLPOP's timeout taken for a key, XREAD's ids too, GEORADIUSBYMEMBER without STOREDIST,
	// SHUTDOWN left out of the commands without keys.
	it("are those that the server finds, in every command that it documents, whatever its options", async () => {
		const wrong: string[] = [];
		const untried: string[] = [];
		for (const command of commands) {
			if (ROUTED_BY_OTHERS.has(command.name)) continue;
			let understood = 0;
			const samples = Array.from({ length: SAMPLES }, (_, i) => sample(command, i + 1));
			const answers = await Promise.all(samples.map(keysByServer)); // one at a time they take minutes on a busy machine
			for (const [i, args] of samples.entries()) {
				const expected = answers[i];
				if (expected === undefined) continue;
				understood++;
				const found = keysOf(args).map(String);
				if (found.join() !== expected.join())
					wrong.push(`${args.join(" ")}: ${found} instead of ${expected}`);
			}
			if (understood === 0) untried.push(command.name);
		}
		expect(wrong).toEqual([]);
		expect(untried).toEqual([]);
		expect(commands.length).toBeGreaterThan(300);
	});

	it.each<[Args, readonly Arg[]]>([
		[
			["XREADGROUP", "GROUP", "STREAMS", "BLOCK", "STREAMS", "a", "b", ">", ">"],
			["a", "b"],
		],
		[["XREADGROUP", "GROUP", "g", "c", "CLAIM", "1000", "STREAMS", "a", ">"], ["a"]],
		[["SORT", "list", "BY", "STORE", "GET", "STORE", "LIMIT", "0", "1"], ["list"]],
		[
			["SORT", "list", "BY", "nosort", "STORE", "first", "STORE", "last"],
			["list", "last"],
		],
		[
			["MIGRATE", "127.0.0.1", "6379", "", "0", "1000", "KEYS", "a", "b"],
			["a", "b"],
		],
		[
			["MSETEX", "2", "a", "1", "b", "2", "PX", "500"],
			["a", "b"],
		],
		[["HGETEX", "hash", "PX", "500", "FIELDS", "1", "f"], ["hash"]],
		[["SPUBLISH", "channel", "message"], ["channel"]],
		[
			["SSUBSCRIBE", "one", "two"],
			["one", "two"],
		],
		[["SUNSUBSCRIBE"], []],
		[["BF.ADD", "filter", "item"], ["filter"]],
		[
			["CMS.MERGE", "sum", "2", "a", "b", "WEIGHTS", "1", "2"],
			["sum", "a", "b"],
		],
		[
			["TS.MADD", "a", "1", "10", "b", "1", "20"],
			["a", "b"],
		],
		[
			["JSON.MGET", "a", "b", "$.x"],
			["a", "b"],
		],
		[["FCALL", "f", "0", "argument"], []],
		[["EVAL", "return 1", "not a number"], []],
		[["XREAD", "COUNT", "2"], []],
		[["PING"], []],
		[["MADE.UP", "key", "other"], ["key"]],
	])("are found in %j", (args, keys) => {
		expect(keysOf(args)).toEqual(keys);
	});

	it("may be bytes", () => {
		const key = Buffer.from([0xff, 0x00]);
		expect(keysOf(["XREAD", Buffer.from("streams"), key, "0"])).toEqual([key]);
		expect(keysOf(["EVALSHA", "digest", Buffer.from("1"), key])).toEqual([key]);
	});
});

/** Of the commands about connections, blocking, transactions and channels, those that leave a connection as it was. */
const HARMLESS = new Set(
	[
		"ECHO PING PUBLISH SPUBLISH XREAD XREADGROUP",
		"CLIENT|GETNAME CLIENT|GETREDIR CLIENT|HELP CLIENT|ID CLIENT|INFO CLIENT|KILL CLIENT|LIST CLIENT|PAUSE",
		"CLIENT|TRACKINGINFO CLIENT|UNBLOCK CLIENT|UNPAUSE",
		"COMMAND|COUNT COMMAND|DOCS COMMAND|GETKEYS COMMAND|GETKEYSANDFLAGS COMMAND|HELP COMMAND|INFO COMMAND|LIST",
		"PUBSUB|CHANNELS PUBSUB|HELP PUBSUB|NUMPAT PUBSUB|NUMSUB PUBSUB|SHARDCHANNELS PUBSUB|SHARDNUMSUB",
	]
		.join(" ")
		.split(" "),
);

/** Which the server puts under none of those categories. */
const FURTHER = new Set("PSYNC REPLCONF SYNC MONITOR SCRIPT|DEBUG WAIT".split(" "));

const CATEGORIES = ["@blocking", "@connection", "@pubsub", "@transaction"];

describe("a connection of its own", () => {
	// Seen red: NO-TOUCH left out.
	it("is needed by every command that the server knows to block or to change its connection, and no other", () => {
		const wrong = commands.filter((command) => {
			const suspect = command.categories.some((category) => CATEGORIES.includes(category));
			const expected = FURTHER.has(command.name) || (suspect && !HARMLESS.has(command.name));
			const [name = "", ...subcommands] = command.name.split("|");
			return needsOwnConnection([name, ...subcommands]) !== expected;
		});
		expect(wrong.map(({ name }) => name)).toEqual([]);
	});

	it.each<[Args, boolean]>([
		[["XREAD", "BLOCK", "0", "STREAMS", "a", "$"], true],
		[["XREAD", "count", "1", "block", "100", "streams", "a", "$"], true],
		[["XREAD", "STREAMS", "BLOCK", "0"], false],
		[["XREADGROUP", "GROUP", "BLOCK", "BLOCK", "STREAMS", "a", ">"], false],
		[["XREADGROUP", "GROUP", "g", "c", "NOACK", "BLOCK", "5", "STREAMS", "a", ">"], true],
		[["CLIENT", "no-touch", "on"], true],
		[["WAITAOF", "1", "0", "0"], true],
		[["CLIENT", Buffer.from("setname"), "me"], true],
		[["CLIENT", "ID"], false],
		[["CLIENT"], false],
		[["SCRIPT", "LOAD", "return 1"], false],
	])("for %j: %s", (args, needed) => {
		expect(needsOwnConnection(args)).toBe(needed);
	});
});
