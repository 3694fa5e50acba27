import type { Command, WireReply } from "./command.ts";
import { failedOn } from "./command-name.ts";
import { type FailedCommand, RkError, ServerError, UnexpectedReplyError } from "./errors.ts";

/** The reply as its command reads it. A decoder knows nothing of commands: what it throws gets the command's name here. */
export function decoded<T>(command: Command<T>, reply: WireReply, node: string | undefined): T {
	try {
		return command.decode(reply);
	} catch (error) {
		throw named(error, reply, failedOn(node, command));
	}
}

function named(error: unknown, reply: WireReply, failed: FailedCommand): unknown {
	if (error instanceof UnexpectedReplyError && error.command === undefined)
		return new UnexpectedReplyError(error.expected, error.reply, { ...failed, cause: error });
	if (error instanceof ServerError && error.command === undefined)
		return new ServerError(error.reply, { ...failed, cause: error.cause });
	if (error instanceof RkError) return error;
	return new UnexpectedReplyError("one that its decoder reads", reply, { ...failed, cause: error });
}
