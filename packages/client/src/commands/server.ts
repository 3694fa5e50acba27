import { type Command, type WireReply, write } from "../command.ts";
import { integer, listOf, mapOf, ok, text, tupleOf } from "../decode.ts";
import {
	addPairs,
	blocking,
	type Growing,
	keyword,
	type OneOrMore,
	type Pairs,
	some,
	whole,
} from "./arguments.ts";

/*
 * Each of these concerns the node that it comes to: in a cluster any master, or every one by `everyMaster()`.
 */

export function ping(): Command<string> {
	return write(["PING"], undefined, text);
}

const clock = tupleOf(text, text);

/** The server's clock: Unix time in milliseconds, with the microseconds as a fraction. */
export function time(): Command<number> {
	return write(["TIME"], undefined, (reply) => {
		const [seconds, microseconds] = clock(reply);
		return Number(seconds) * 1000 + Number(microseconds) / 1000;
	});
}

function infoFields(reply: WireReply): Map<string, string> {
	const fields = new Map<string, string>();
	for (const line of text(reply).split("\r\n")) {
		const colon = line.indexOf(":");
		if (colon > 0 && !line.startsWith("#")) fields.set(line.slice(0, colon), line.slice(colon + 1));
	}
	return fields;
}

/** Facts by the server's names. @param sections `memory`, `commandstats`, …; default: what the server thinks best */
export function info(sections?: OneOrMore): Command<Map<string, string>> {
	return write(
		sections === undefined ? ["INFO"] : ["INFO", ...some("sections", sections)],
		undefined,
		infoFields,
	);
}

/** How many keys there are. */
export function dbsize(): Command<number> {
	return write(["DBSIZE"], undefined, integer);
}

/** Deletes every key of the database. */
export function flushdb(): Command<void> {
	return write(["FLUSHDB"], undefined, ok);
}

/** Settings whose names match one of the glob-style patterns. Managed servers often refuse it. */
export function configGet(patterns: OneOrMore): Command<Map<string, string>> {
	return write(["CONFIG", "GET", ...some("patterns", patterns)], undefined, mapOf(text));
}

/** All of them, or none. Managed servers often refuse it. */
export function configSet(settings: Pairs): Command<void> {
	const args: Growing = ["CONFIG", "SET"];
	addPairs(args, "settings", settings);
	return write(args, undefined, ok);
}

/** The id of the connection that carries the command. */
export function clientId(): Command<number> {
	return write(["CLIENT", "ID"], undefined, integer);
}

function clientFields(line: string): Map<string, string> {
	const fields = new Map<string, string>();
	for (const word of line.trim().split(" ")) {
		const equals = word.indexOf("=");
		fields.set(word.slice(0, equals), word.slice(equals + 1));
	}
	return fields;
}

/** Facts about the connection that carries the command, by the server's names: `id`, `addr`, `resp`, … */
export function clientInfo(): Command<Map<string, string>> {
	return write(["CLIENT", "INFO"], undefined, (reply) => clientFields(text(reply)));
}

export type ClientType = "normal" | "master" | "replica" | "pubsub";

const CLIENT_TYPES = { normal: "NORMAL", master: "MASTER", replica: "REPLICA", pubsub: "PUBSUB" } as const;

/** Facts about each connection, as {@link clientInfo}. */
export function clientList(options?: { readonly type?: ClientType }): Command<Array<Map<string, string>>> {
	const args: Growing = ["CLIENT", "LIST"];
	if (options?.type !== undefined) args.push("TYPE", keyword("type", options.type, CLIENT_TYPES));
	return write(args, undefined, (reply) => text(reply).trim().split("\n").filter(Boolean).map(clientFields));
}

/** Ends connections, but not the one that carries the command; how many. */
export function clientKill(which: { readonly id: number } | { readonly type: ClientType }): Command<number> {
	const filter =
		"id" in which
			? (["ID", whole("id", which.id, 1)] as const)
			: (["TYPE", keyword("type", which.type, CLIENT_TYPES)] as const);
	return write(["CLIENT", "KILL", ...filter], undefined, integer);
}

export interface CommandInfo {
	readonly name: string;
	/** Arguments, the name included; negative: at least so many. */
	readonly arity: number;
	/** `write`, `readonly`, `blocking`, … */
	readonly flags: readonly string[];
}

const array = listOf((item) => item);
const texts = listOf(text);

function commandInfoOf(reply: WireReply): CommandInfo | null {
	if (reply === null) return null;
	const [name, arity, flags] = array(reply);
	return { name: text(name ?? null), arity: integer(arity ?? null), flags: texts(flags ?? null) };
}

/** By the order of the names (`GET`, `CLIENT|ID`); `null` for a command that the server does not have. */
export function commandInfo(names: OneOrMore): Command<Array<CommandInfo | null>> {
	return write(["COMMAND", "INFO", ...some("names", names)], undefined, listOf(commandInfoOf));
}

/**
 * Waits, in a session, until so many replicas have what the session wrote before; how many have it, which may be fewer
 * after `blockMs`. 0 waits for ever.
 */
export function wait(replicas: number, blockMs: number): Command<number> {
	const args = ["WAIT", whole("replicas", replicas, 0), whole("blockMs", blockMs, 0)] as const;
	return blocking(write(args, undefined, integer));
}
