import type { Command } from "./command.ts";
import { failedOn } from "./command-name.ts";
import { ConnectionError } from "./errors.ts";

/** The command is for a node that the client knows of, but has no connection to at the moment. */
export function notConnected(node: string, command: Command<unknown>): ConnectionError {
	return new ConnectionError("There is no connection", "not-sent", failedOn(node, command));
}
