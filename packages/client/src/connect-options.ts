import { checkInteger, checkKnown, checkMs } from "./check.ts";
import type { ReadFrom } from "./cluster-routes.ts";
import type { PortOptions } from "./create-port.ts";
import { InvalidArgumentError } from "./errors.ts";
import type { SessionPoolOptions } from "./session-pool.ts";

/*
 * What `connect`, `connectCluster` and `connectSentinel` of every adapter take: one vocabulary, so that changing the client
 * library is changing an import.
 */

/** What `node:tls` needs to know; `true` stands for its defaults. */
export interface TlsOptions {
	readonly ca?: string | Buffer | Array<string | Buffer>;
	readonly cert?: string | Buffer;
	readonly key?: string | Buffer;
	readonly passphrase?: string;
	/** The name that the certificate must be for. @default the host */
	readonly servername?: string;
	/** `false` accepts any certificate. @default true */
	readonly rejectUnauthorized?: boolean;
}

export interface CommonConnectOptions {
	readonly username?: string;
	readonly password?: string;
	/** Encrypts the connection. @default false, or as the URL says */
	readonly tls?: boolean | TlsOptions;
	/** Shown by CLIENT LIST. @default none */
	readonly clientName?: string;
	/** Time for the connection, the login and the first PING together, in milliseconds. @default 5_000 */
	readonly connectTimeoutMs?: number;
	/** Default deadline of every command, in milliseconds; `null` for none. @default 3_000 */
	readonly commandTimeoutMs?: number | null;
	/** Connections for sessions. */
	readonly sessions?: SessionPoolOptions;
}

export interface NodeAddress {
	/** @default "127.0.0.1" */
	readonly host?: string;
	/** @default 6379, of a sentinel 26379 */
	readonly port?: number;
}

export interface ConnectOptions extends CommonConnectOptions, NodeAddress {
	/** `redis://user:password@host:6379/0`, or `rediss://` for TLS; options beside it must not contradict it. */
	readonly url?: string;
	/** @default 0 */
	readonly db?: number;
}

export interface ConnectClusterOptions extends CommonConnectOptions {
	/** Some nodes to ask for the others: `host:port`, a URL's address, or an object. */
	readonly nodes: ReadonlyArray<string | NodeAddress>;
	/** Which node serves a command that only reads; all but `master` may read what is out of date. @default "master" */
	readonly readFrom?: ReadFrom;
}

export interface ConnectSentinelOptions extends CommonConnectOptions {
	/** The name that the sentinels know the master by. */
	readonly name: string;
	readonly sentinels: ReadonlyArray<string | NodeAddress>;
	readonly sentinelUsername?: string;
	readonly sentinelPassword?: string;
	/** @default 0 */
	readonly db?: number;
}

export interface ResolvedAddress {
	readonly host: string;
	readonly port: number;
}

export interface ResolvedCommon {
	/** What is connected to, as errors name it: `host:port`, several of them, or `the master name of …`. */
	readonly where: string;
	readonly username: string | undefined;
	readonly password: string | undefined;
	readonly tls: TlsOptions | undefined;
	readonly clientName: string | undefined;
	readonly connectTimeoutMs: number;
	readonly port: PortOptions;
}

export interface ResolvedConnect extends ResolvedCommon {
	readonly address: ResolvedAddress;
	readonly db: number;
}

export interface ResolvedCluster extends ResolvedCommon {
	readonly nodes: readonly ResolvedAddress[];
	readonly readFrom: ReadFrom;
}

export interface ResolvedSentinel extends ResolvedCommon {
	readonly name: string;
	readonly sentinels: readonly ResolvedAddress[];
	readonly sentinelUsername: string | undefined;
	readonly sentinelPassword: string | undefined;
	readonly db: number;
}

const COMMON = [
	"username",
	"password",
	"tls",
	"clientName",
	"connectTimeoutMs",
	"commandTimeoutMs",
	"sessions",
];
const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26379;

/** @throws {InvalidArgumentError} */
export function resolveConnect(options: ConnectOptions = {}): ResolvedConnect {
	checkKnown("", options, ["url", "host", "port", "db", ...COMMON]);
	const fromUrl = options.url === undefined ? {} : parseUrl(options.url);
	for (const [name, value] of Object.entries(fromUrl)) {
		const given: unknown = Reflect.get(options, name);
		const contradicts = name === "tls" ? given === false : given !== undefined && given !== value;
		if (!contradicts) continue;
		// A secret is not repeated.
		const shown = name === "password" ? "another one" : given;
		throw new InvalidArgumentError(name, shown, "left out, or the same as in url");
	}
	const merged: ConnectOptions = { ...fromUrl, ...options };
	const address = addressOf("", merged, DEFAULT_PORT);
	return { ...resolveCommon(merged, named([address])), address, db: resolveDb(merged.db) };
}

/** @throws {InvalidArgumentError} */
export function resolveConnectCluster(options: ConnectClusterOptions): ResolvedCluster {
	checkKnown("", options, ["nodes", "readFrom", ...COMMON]);
	const { readFrom = "master" } = options;
	const nodes = addressesOf("nodes", options.nodes, DEFAULT_PORT);
	return { ...resolveCommon(options, named(nodes)), nodes, readFrom };
}

/** @throws {InvalidArgumentError} */
export function resolveConnectSentinel(options: ConnectSentinelOptions): ResolvedSentinel {
	checkKnown("", options, ["name", "sentinels", "sentinelUsername", "sentinelPassword", "db", ...COMMON]);
	if (typeof options.name !== "string" || options.name === "") {
		throw new InvalidArgumentError("name", options.name, "the master's name, as the sentinels have it");
	}
	checkText("sentinelUsername", options.sentinelUsername);
	checkText("sentinelPassword", options.sentinelPassword);
	const sentinels = addressesOf("sentinels", options.sentinels, DEFAULT_SENTINEL_PORT);
	return {
		...resolveCommon(options, `the master ${options.name} of ${named(sentinels)}`),
		name: options.name,
		sentinels,
		sentinelUsername: options.sentinelUsername,
		sentinelPassword: options.sentinelPassword,
		db: resolveDb(options.db),
	};
}

function named(addresses: readonly ResolvedAddress[]): string {
	return addresses.map(({ host, port }) => `${host}:${port}`).join(", ");
}

function resolveCommon(options: CommonConnectOptions, where: string): ResolvedCommon {
	const { tls, connectTimeoutMs = 5_000, commandTimeoutMs = 3_000, sessions } = options;
	checkText("username", options.username);
	checkText("password", options.password);
	checkText("clientName", options.clientName);
	checkMs("connectTimeoutMs", connectTimeoutMs);
	if (commandTimeoutMs !== null) checkMs("commandTimeoutMs", commandTimeoutMs);
	if (tls !== undefined && typeof tls !== "boolean" && (typeof tls !== "object" || tls === null)) {
		throw new InvalidArgumentError("tls", tls, "true, false, or an object with ca, cert, key, …");
	}
	return {
		where,
		username: options.username,
		password: options.password,
		tls: tls === true ? {} : tls === false ? undefined : tls,
		clientName: options.clientName,
		connectTimeoutMs,
		port: {
			connectTimeoutMs,
			...(commandTimeoutMs === null ? {} : { commandTimeoutMs }),
			...(sessions === undefined ? {} : { sessions }),
		},
	};
}

function resolveDb(db = 0): number {
	checkInteger("db", db, 0);
	return db;
}

function checkText(argument: string, value: unknown): void {
	// The value may be a secret: it is not repeated.
	if (value !== undefined && typeof value !== "string")
		throw new InvalidArgumentError(argument, typeof value, "a string");
}

function addressOf(path: string, given: NodeAddress, defaultPort: number): ResolvedAddress {
	const { host = "127.0.0.1", port = defaultPort } = given;
	const at = (name: string): string => (path === "" ? name : `${path}.${name}`);
	if (typeof host !== "string" || host === "")
		throw new InvalidArgumentError(at("host"), host, "a host name or address");
	checkInteger(at("port"), port, 1, 65_535);
	return { host, port };
}

function addressesOf(
	argument: string,
	given: ReadonlyArray<string | NodeAddress>,
	defaultPort: number,
): ResolvedAddress[] {
	if (!Array.isArray(given) || given.length === 0) {
		throw new InvalidArgumentError(argument, given, 'a list of addresses, as "host:port" or { host, port }');
	}
	return given.map((node: string | NodeAddress, i) => {
		const path = `${argument}[${i}]`;
		if (typeof node === "string") return addressOf(path, parseAddress(path, node), defaultPort);
		if (typeof node !== "object" || node === null)
			throw new InvalidArgumentError(path, node, '"host:port" or { host, port }');
		checkKnown(path, node, ["host", "port"]);
		return addressOf(path, node, defaultPort);
	});
}

function parseAddress(argument: string, text: string): NodeAddress {
	const match = /^(?:rediss?:\/\/)?(?:\[([^\]]+)\]|([^:/@]+))(?::(\d+))?\/?$/.exec(text);
	const host = match?.[1] ?? match?.[2];
	if (host === undefined) throw new InvalidArgumentError(argument, text, '"host:port"');
	return match?.[3] === undefined ? { host } : { host, port: Number(match[3]) };
}

function parseUrl(text: string): ConnectOptions {
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		throw new InvalidArgumentError("url", withoutPassword(text), "a URL such as redis://localhost:6379/0");
	}
	if (url.protocol !== "redis:" && url.protocol !== "rediss:") {
		throw new InvalidArgumentError("url", withoutPassword(text), "a redis:// or rediss:// URL");
	}
	const db = url.pathname.slice(1);
	if (db !== "" && !/^\d+$/.test(db)) {
		throw new InvalidArgumentError(
			"url",
			withoutPassword(text),
			"a URL whose path is the number of the database",
		);
	}
	return {
		...(url.hostname === "" ? {} : { host: url.hostname.replace(/^\[|\]$/g, "") }),
		...(url.port === "" ? {} : { port: Number(url.port) }),
		...(url.username === "" ? {} : { username: decodeURIComponent(url.username) }),
		...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
		...(db === "" ? {} : { db: Number(db) }),
		...(url.protocol === "rediss:" ? { tls: true } : {}),
	};
}

function withoutPassword(url: string): string {
	return url.replace(/:\/\/[^@]*@/, "://…@");
}
