import { write } from "./command.ts";
import type { ResolvedCommon } from "./connect-options.ts";
import { ok } from "./decode.ts";
import { CommandError } from "./errors.ts";
import type { CallOptions, RedisPort } from "./port.ts";

/**
 * Warns (`RK_UNUSED_PASSWORD`) when a password was given and the server asks for none: it lets in whoever reaches it, with any
 * password or without, and so a mistake in its configuration, or the wrong server, would go unnoticed.
 *
 * The older form of AUTH is the only one that tells, and changes nothing for who is logged in by that password.
 */
export async function warnOfUnusedPassword(
	port: RedisPort,
	{ where, username = "default", password }: Pick<ResolvedCommon, "where" | "username" | "password">,
	limits: CallOptions,
): Promise<void> {
	if (password === undefined || username !== "default") return;
	const login = write(["AUTH", password], undefined, ok);
	const error = await port.command(login, limits).catch((reason: unknown) => reason);
	if (!(error instanceof CommandError) || !/called without any password configured/.test(error.message))
		return;
	process.emitWarning(
		`${where} asks for no password: whoever reaches it may use it, and the one given is not looked at`,
		{
			type: "RkWarning",
			code: "RK_UNUSED_PASSWORD",
		},
	);
}
