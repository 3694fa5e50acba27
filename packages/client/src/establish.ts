import { backoffMs, pause } from "./backoff.ts";
import { refuseClusterNode } from "./cluster-node.ts";
import { write } from "./command.ts";
import type { ResolvedAddress, ResolvedCommon, ResolvedSentinel } from "./connect-options.ts";
import { ok, text } from "./decode.ts";
import type { OwnLink } from "./driver.ts";
import { ConnectError, type ConnectFailure, ServerError } from "./errors.ts";
import type { CallOptions, RedisPort } from "./port.ts";
import { warnOfUnusedPassword, warnOfUnusedSentinelPassword } from "./unused-password.ts";

/** What is connected to, and as whom. */
export type Destination = Pick<ResolvedCommon, "where" | "connectTimeoutMs" | "username" | "password"> &
	Partial<Pick<ResolvedSentinel, "sentinels" | "sentinelUsername" | "sentinelPassword">>;

export interface Attempt {
	/** The port over the new client, which it owns. */
	readonly port: RedisPort;
	/** What the library says of its connecting. It may never settle. */
	readonly connected: Promise<unknown>;
	/** The library's latest error, which often says more than the rejection. */
	lastError(): unknown;
	/** A connection to one Sentinel, with the login to it; only where Sentinels are asked for the master. */
	openSentinel?(sentinel: ResolvedAddress, timeoutMs: number): Promise<OwnLink>;
}

/** What the server says while it is about to be of use. */
const STARTING: ReadonlySet<string> = new Set(["LOADING", "MASTERDOWN", "CLUSTERDOWN"]);

/**
 * Resolves to the port once the server has answered a PING, all within `connectTimeoutMs`; a server that accepts and stays silent
 * counts as one that is not there. Otherwise nothing is left open. A node of a cluster is not taken for a server of its own.
 *
 * @throws {ConnectError} what failed, and where
 */
export async function establish(to: Destination, attempt: Attempt): Promise<RedisPort> {
	const { where, connectTimeoutMs: timeoutMs } = to;
	const until = performance.now() + timeoutMs;
	const answered = attempt.connected.then(() => answer(attempt.port, to, until));
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<"late">((resolve) => {
		timer = setTimeout(resolve, timeoutMs, "late");
	});
	try {
		if ((await Promise.race([answered, late])) !== "late") {
			await warn(attempt, to, until);
			return attempt.port;
		}
		answered.catch(() => {}); // nobody waits for it any more
		throw failure(where, attempt.lastError(), `no answer within ${timeoutMs} ms`, "timeout");
	} catch (error) {
		await attempt.port.close({ graceMs: 0 });
		if (error instanceof ConnectError) throw error;
		throw failure(where, attempt.lastError() ?? error, "the connection failed", "other");
	} finally {
		clearTimeout(timer);
	}
}

async function answer(port: RedisPort, to: Destination, until: number): Promise<void> {
	for (let tries = 0; ; tries++) {
		try {
			await port.command(write(["PING"], undefined, text), leftUntil(until));
			break;
		} catch (error) {
			if (!STARTING.has(codeOf(error)) || performance.now() > until) throw error;
			await pause(backoffMs(tries, 20, 200));
		}
	}
	if (port.topology.kind === "standalone") await refuseClusterNode(port, to.where, leftUntil(until));
}

async function warn({ port, openSentinel }: Attempt, to: Destination, until: number): Promise<void> {
	await warnOfUnusedPassword(to.where, to, (args) =>
		port.command(write(args, undefined, ok), leftUntil(until)),
	);
	if (openSentinel === undefined || to.sentinels === undefined) return;
	const login = { username: to.sentinelUsername, password: to.sentinelPassword };
	await warnOfUnusedSentinelPassword(to.sentinels, login, openSentinel, until);
}

function leftUntil(until: number): CallOptions {
	return { timeoutMs: Math.max(1, until - performance.now()) };
}

function failure(where: string, error: unknown, message: string, fallback: ConnectFailure): ConnectError {
	if (error === undefined) return new ConnectError(fallback, where, message);
	const causes = causesOf(error);
	for (const cause of causes) {
		const reason = reasonOf(cause);
		if (reason !== undefined)
			return new ConnectError(reason, where, describe(reason, cause), { cause: error });
	}
	return new ConnectError(
		fallback,
		where,
		`${message}: ${causes[0] === undefined ? String(error) : wordsOf(causes[0])}`,
		{
			cause: error,
		},
	);
}

/** The error, what caused it, and the single attempts where several addresses were tried. */
function causesOf(error: unknown): Error[] {
	if (!(error instanceof Error)) return [];
	const parts: unknown[] = error instanceof AggregateError ? error.errors : [];
	return [error, ...parts.flatMap(causesOf), ...causesOf(error.cause)];
}

function codeOf(error: unknown): string {
	if (!(error instanceof Error)) return "";
	return "code" in error && typeof error.code === "string" ? error.code : "";
}

function reasonOf(error: Error): ConnectFailure | undefined {
	if (error instanceof ConnectError) return error.reason;
	const code = codeOf(error);
	const message = wordsOf(error);
	if (
		/WRONGPASS|NOAUTH|NOPERM|invalid password|invalid username|AUTH .*called without any password/i.test(
			message,
		)
	)
		return "auth";
	if (/cluster support disabled/i.test(message)) return "not-a-cluster";
	if (/unknown command.{1,2}SENTINEL/i.test(message)) return "not-a-sentinel";
	if (/No such master|no master|master .*not found/i.test(message)) return "no-master";
	if (
		/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH)/.test(code) ||
		code === "EPROTO"
	)
		return "tls";
	if (/secure TLS connection|certificate|SSL routines/i.test(message)) return "tls";
	if (code === "ECONNREFUSED" || /ECONNREFUSED/.test(message)) return "refused";
	if (/^(ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/.test(code)) return "unreachable";
	if (code === "ETIMEDOUT" || /ETIMEDOUT/.test(message)) return "timeout";
	return undefined;
}

/** Which command showed it is of no interest to who wanted to connect. */
function wordsOf(error: Error): string {
	return error instanceof ServerError ? error.reply : error.message;
}

function describe(reason: ConnectFailure, cause: Error): string {
	const words = wordsOf(cause);
	switch (reason) {
		case "auth":
			return `the login was refused (${words})`;
		case "not-a-cluster":
			return `it is not a cluster (${words}); use connect() for a single server`;
		case "not-a-sentinel":
			return `no Sentinel is there (${words}); use connect() for a single server`;
		case "refused":
			return `nothing listens there (${words})`;
		case "tls":
			return `no secure connection (${words})`;
		default:
			return words;
	}
}
