import type { Args, Command, Encoding, WireReply } from "./command.ts";
import { commandName, failedOn } from "./command-name.ts";
import { decoded } from "./decoded.ts";
import type { Driver, Link } from "./driver.ts";
import { ServerError, UnexpectedReplyError } from "./errors.ts";
import { type Script, withSource } from "./script.ts";

const MULTI: Args = ["MULTI"];
const EXEC: Args = ["EXEC"];
const ASKING: Args = ["ASKING"];

/** What became of MULTI … EXEC: `null` when a watched key had changed. */
export type ExecResults = unknown[] | null;

/**
 * Sends MULTI … EXEC in one go and reads the results.
 *
 * A script goes with its source the first time, by digest after that: inside EXEC nothing can make the server forget it.
 * The source is needed even when the server knows it, since nobody may send the script again alone.
 *
 * Rejects with the first command that was refused when it was queued: then nothing ran.
 */
export async function exec(
	link: Link,
	commands: readonly Command<unknown>[],
	asking: boolean,
	fault: Driver["fault"],
): Promise<ExecResults> {
	const scripts = new Set<Script>();
	const encoding: Encoding = commands.some((command) => command.encoding === "buffer") ? "buffer" : "utf8";
	const queued = commands.map((command): Args => {
		if (command.script === undefined || scripts.has(command.script)) return command.args;
		scripts.add(command.script);
		return withSource(command, command.script);
	});
	const wire = [...(asking ? [ASKING] : []), MULTI, ...queued, EXEC];
	const replies = await Promise.allSettled(link.sendTogether(wire, encoding));
	const result = replies.pop();
	if (result === undefined || result.status === "rejected") {
		// EXECABORT only says that something was refused before: the refusal itself says what.
		const end = fault(result?.reason, failedOn(link.node, "EXEC"));
		if (!(end instanceof ServerError)) throw end;
		for (const [i, reply] of replies.entries()) {
			if (reply.status === "fulfilled") continue;
			const refusal = fault(reply.reason, failedOn(link.node, commandName(wire[i] ?? EXEC)));
			throw refusal instanceof ServerError ? refusal : end;
		}
		throw end;
	}
	return decodeExec(result.value, commands, encoding, link.node);
}

function decodeExec(
	reply: WireReply,
	commands: readonly Command<unknown>[],
	encoding: Encoding,
	node: string,
): ExecResults {
	if (reply === null) return null;
	if (!Array.isArray(reply) || reply.length !== commands.length) {
		throw new UnexpectedReplyError(`an array of ${commands.length}`, reply, failedOn(node, "EXEC"));
	}
	return commands.map((command, i) => {
		const item: WireReply = reply[i];
		if (item instanceof Error)
			return new ServerError(item.message, { ...failedOn(node, command), cause: item });
		try {
			return decoded(
				command,
				encoding === "buffer" && command.encoding === "utf8" ? asText(item) : item,
				node,
			);
		} catch (error) {
			return error; // it has run, and so have the others, whose results are good
		}
	});
}

function asText(reply: WireReply): WireReply {
	if (Buffer.isBuffer(reply)) return reply.toString();
	return Array.isArray(reply) ? reply.map(asText) : reply;
}
