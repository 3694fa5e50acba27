import { checkInteger, checkKnown, InvalidArgumentError } from "@rk/client";
import { announce } from "./announce.ts";
import { certificate } from "./certificate.ts";
import { Control } from "./control.ts";
import { withHost } from "./hosts.ts";
import { baseArgs, launchServer, login, versionIn } from "./launch.ts";
import { RunningServer } from "./running-server.ts";
import type { TestServer } from "./server.ts";

export interface ServerOptions {
	/** More options of the server, as on its command line: `["--maxmemory", "10mb"]`. */
	readonly args?: readonly string[];
	/** The default user's password. @default none */
	readonly password?: string;
	/** Speaks TLS only, with a certificate made for this server; its clients trust {@link TestServer.ca}. @default false */
	readonly tls?: boolean;
	/** @default a free one between 10 000 and 20 000 */
	readonly port?: number;
	/** `"aof"` writes every change to disk before it answers, so that {@link TestServer.restart} keeps the data. @default "none" */
	readonly persistence?: "none" | "aof";
	/** Clients reach the server through {@link TestServer.proxy}. Not with `tls`, which a proxy cannot read. @default false */
	readonly proxied?: boolean;
	/** For tests that kill or freeze the server: start one even where `REDIS_URL` gives one. @default false */
	readonly owned?: boolean;
}

function checkOptions(options: ServerOptions): void {
	checkKnown("", options, ["args", "password", "tls", "port", "persistence", "proxied", "owned"]);
	const { port, tls, proxied, persistence } = options;
	if (port !== undefined) checkInteger("port", port, 1, 65_535);
	if (persistence !== undefined && persistence !== "none" && persistence !== "aof")
		throw new InvalidArgumentError("persistence", persistence, '"none" or "aof"');
	if (tls === true && proxied === true)
		throw new InvalidArgumentError("proxied", proxied, "false together with tls: a proxy cannot read TLS");
}

/** The server in `REDIS_URL`, which stays what and where it is. */
async function givenServer(url: string): Promise<TestServer> {
	const parsed = URL.canParse(url) ? new URL(url) : undefined;
	if (parsed === undefined || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === "")
		throw new InvalidArgumentError(
			"REDIS_URL",
			url.replace(/\/\/.*@/, "//***@"),
			"redis://[[user]:password@]host[:port][/database], or rediss://",
		);
	const [host, port] = [parsed.hostname.replace(/^\[(.*)\]$/, "$1"), Number(parsed.port || 6379)];
	const [username, password] = [decodeURIComponent(parsed.username), decodeURIComponent(parsed.password)];
	const database = parsed.pathname.slice(1);
	const greeting: string[][] = [];
	if (password !== "") greeting.push(["AUTH", ...(username === "" ? [] : [username]), password]);
	if (database !== "") greeting.push(["SELECT", database]);
	const control = new Control({ host, port, greeting, ca: parsed.protocol === "rediss:" ? true : undefined });
	const version = versionIn(`${await control.command("INFO", "server")}`);
	announce(`${version.name}-server ${version.version} (REDIS_URL, ${host}:${port})`);
	return new RunningServer({
		...{ host, port, control, version, url, machine: undefined },
		password: password === "" ? undefined : password,
	});
}

/**
 * Starts a standalone server on 127.0.0.1 and resolves when it answers. It is empty, keeps nothing on disk unless asked
 * to, and ends with this process at the latest, even if this process is killed.
 *
 * Called without options where `REDIS_URL` is set, it gives that server instead, `owned: false`.
 *
 * @throws {NoServerError} there is no server to start, see {@link findServer}
 * @throws {ServerStartError} it did not come up, with what it printed
 * @throws {InvalidArgumentError} an option, or `REDIS_URL`, is not usable
 */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
	checkOptions(options);
	const given = process.env["REDIS_URL"];
	if (given && Object.keys(options).length === 0) return givenServer(given);

	const { args = [], password, tls = false, persistence = "none", proxied = false } = options;
	const ports = options.port === undefined ? 1 : [options.port];
	return withHost({ ports, proxied: proxied ? 1 : 0 }, async (host, [site]) => {
		const { port = 0, proxy } = site ?? {};
		const identity = tls ? certificate() : undefined;
		const launched = await launchServer(
			host,
			{
				port,
				args: [
					...baseArgs(host, port),
					...(persistence === "aof" ? ["--appendonly", "yes", "--appendfsync", "always"] : []),
					...(password === undefined ? [] : ["--requirepass", password]),
					...(identity === undefined
						? []
						: [
								...["--port", "0", "--tls-port", `${port}`, "--tls-auth-clients", "no"],
								...[
									"--tls-cert-file",
									"tls.crt",
									"--tls-key-file",
									"tls.key",
									"--tls-ca-cert-file",
									"tls.crt",
								],
							]),
					...args,
				],
				files: identity === undefined ? {} : { "tls.crt": identity.cert, "tls.key": identity.key },
			},
			{ ca: identity?.cert, ...login(password) },
		);
		return new RunningServer({
			...{ ...launched, host: "127.0.0.1", port, proxy, password, ca: identity?.cert },
			release: () => host.close(),
		});
	});
}
