import type { Args } from "./command.ts";
import type { ResolvedAddress } from "./connect-options.ts";
import type { OwnLink } from "./driver.ts";

/** A Sentinel that does not answer within this time is passed over. */
const SENTINEL_MS = 1_000;

/** The login that was asked for. */
export interface Login {
	readonly username: string | undefined;
	readonly password: string | undefined;
}

/**
 * Warns (`RK_UNUSED_PASSWORD`) when a password was given and the server asks for none: it lets in whoever reaches it, with any
 * password or without, and so a mistake in its configuration, or the wrong server, would go unnoticed.
 */
export async function warnOfUnusedPassword(
	where: string,
	login: Login,
	send: (args: Args) => Promise<unknown>,
): Promise<void> {
	const auth = olderAuth(login);
	if (auth === undefined) return;
	const error = await send(auth).catch((reason: unknown) => reason);
	if (!(error instanceof Error) || !/called without any password configured/.test(error.message)) return;
	process.emitWarning(
		`${where} asks for no password: whoever reaches it may use it, and the one given is not looked at`,
		{ type: "RkWarning", code: "RK_UNUSED_PASSWORD" },
	);
}

/** The same of the first of the Sentinels that can be asked by then: each has a configuration of its own. */
export async function warnOfUnusedSentinelPassword(
	sentinels: readonly ResolvedAddress[],
	login: Login,
	open: (sentinel: ResolvedAddress, timeoutMs: number) => Promise<OwnLink>,
	until: number,
): Promise<void> {
	if (olderAuth(login) === undefined) return;
	for (const sentinel of sentinels) {
		const timeoutMs = Math.min(SENTINEL_MS, until - performance.now());
		if (timeoutMs < 1) return;
		const link = await open(sentinel, timeoutMs).catch(() => undefined);
		if (link === undefined) continue;
		const silent = setTimeout(() => link.destroy(), timeoutMs);
		const where = `the Sentinel ${sentinel.host}:${sentinel.port}`;
		await warnOfUnusedPassword(where, login, (args) => link.send(args, "utf8"));
		clearTimeout(silent);
		link.destroy();
		return;
	}
}

/** The form that tells, and changes nothing for who is logged in by that password; it knows no user but the default one. */
function olderAuth({ username = "default", password }: Login): Args | undefined {
	return password === undefined || username !== "default" ? undefined : ["AUTH", password];
}
