import type { Args, Command } from "./command.ts";
import type { FailedCommand } from "./errors.ts";

/** Their second word says what they do: it is part of the name, and no argument. */
const CONTAINERS: ReadonlySet<string> = new Set(
	(
		"ACL CLIENT CLUSTER COMMAND CONFIG DEBUG FUNCTION LATENCY MEMORY MODULE OBJECT PUBSUB SCRIPT SLOWLOG " +
		"XGROUP XINFO"
	).split(" "),
);

/** What a command is called in an error, `SET` or `CONFIG GET`: nothing of its arguments, which may be secrets. */
export function commandName([name, subcommand]: Args): string {
	return subcommand !== undefined && CONTAINERS.has(name)
		? `${name} ${String(subcommand).toUpperCase()}`
		: name;
}

/** What an error says about the command that it ends. */
export function failedOn(node: string | undefined, command: Command<unknown> | string): FailedCommand {
	const name = typeof command === "string" ? command : commandName(command.args);
	return node === undefined || node === "" ? { command: name } : { command: name, node };
}
