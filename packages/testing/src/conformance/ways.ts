import { type CallOptions, incr, type RedisPort } from "@rk/client";
import type { CommandMatch } from "../proxy/proxy.ts";
import { freshBump } from "./scripts.ts";

/** A way of incrementing a key by one, all of which must keep the same promises. */
export interface Way {
	readonly name: string;
	/** Rejects with the error that took the result's place. */
	run(port: RedisPort, key: string, options?: CallOptions): Promise<unknown>;
	/** The command whose reply carries the result. */
	readonly carrier: CommandMatch;
}

const bump = freshBump();

async function only(results: Promise<readonly unknown[]>): Promise<unknown> {
	const [result] = await results;
	if (result instanceof Error) throw result;
	return result;
}

export const WAYS: readonly Way[] = [
	{ name: "a command", run: (port, key, options) => port.command(incr(key), options), carrier: "INCR" },
	{ name: "a batch", run: (port, key, options) => only(port.batch([incr(key)], options)), carrier: "INCR" },
	{
		name: "a transaction",
		run: (port, key, options) => only(port.transaction([incr(key)], options)),
		carrier: "EXEC",
	},
	{
		name: "a script",
		run: (port, key, options) => port.command(bump([key]), options),
		carrier: ([name = ""]) => /^EVAL(SHA)?$/i.test(name),
	},
	{
		name: "a script in a transaction",
		run: (port, key, options) => only(port.transaction([bump([key])], options)),
		carrier: "EXEC",
	},
	{
		name: "a session's command",
		run: (port, key, options) => port.session(key, (session) => session.command(incr(key), options)),
		carrier: "INCR",
	},
	{
		name: "a session's transaction",
		run: (port, key, options) =>
			port.session(key, async (session) => only(execOf(session.exec([incr(key)], options)))),
		carrier: "EXEC",
	},
];

async function execOf(results: Promise<readonly unknown[] | null>): Promise<readonly unknown[]> {
	return (await results) ?? [];
}

/** Those that share the connection for commands. */
export const SHARED_WAYS: readonly Way[] = WAYS.filter(({ name }) => !name.includes("session"));
