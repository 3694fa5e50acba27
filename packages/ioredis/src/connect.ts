import {
	type ConnectClusterOptions,
	type ConnectOptions,
	type ConnectSentinelOptions,
	createPort,
	establish,
	type OwnLink,
	type RedisPort,
	type ResolvedAddress,
	type ResolvedCommon,
	resolveConnect,
	resolveConnectCluster,
	resolveConnectSentinel,
} from "@rk/client";
import { ioredisDriver } from "./driver.ts";
import { loadLibrary } from "./library.ts";
import type { NativeRedis } from "./native.ts";
import { openLike } from "./open.ts";

/** Longest wait for one node or Sentinel, when there are others to ask. */
const NEXT_ONE_MS = 1_000;

/**
 * Connects to one server, and resolves when it has answered a PING. The port owns its client: `close()` ends both.
 *
 * @throws {ConnectError} no answer within `connectTimeoutMs`, with the reason; nothing is left open
 * @throws {InvalidArgumentError} an option
 */
export async function connect(options?: ConnectOptions): Promise<RedisPort> {
	const resolved = resolveConnect(options);
	const { address, db, where } = resolved;
	const { redis } = await loadLibrary(where);
	const { met, retryStrategy } = retryOnceMet();
	const client = redis({ ...common(resolved), ...address, db, retryStrategy });
	client.on("ready", met);
	const lastError = latestError(client);
	return establish(resolved, {
		port: createPort(ioredisDriver(client, true), resolved.port),
		connected: loggedIn(client, lastError),
		lastError,
	});
}

/**
 * Connects to a cluster, given some of its nodes. Otherwise as {@link connect}.
 *
 * @throws {ConnectError}
 * @throws {InvalidArgumentError}
 */
export async function connectCluster(options: ConnectClusterOptions): Promise<RedisPort> {
	const resolved = resolveConnectCluster(options);
	const { connectTimeoutMs, nodes, readFrom, tls, where } = resolved;
	const { cluster, redis } = await loadLibrary(where);
	const redisOptions = common(resolved);
	const { met, retryStrategy } = retryOnceMet();
	const client = cluster(nodes, {
		lazyConnect: true,
		redisOptions,
		clusterRetryStrategy: retryStrategy,
		slotsRefreshTimeout: Math.min(connectTimeoutMs, NEXT_ONE_MS),
		// A certificate is for the name, which the library would look up and forget.
		...(tls && {
			dnsLookup: (name: string, found: (error: null, address: string) => void) => found(null, name),
		}),
	});
	client.on("ready", met);
	let latest: Error | undefined;
	client.on("node error", (error) => {
		if (error.name === "ReplyError") latest = error;
	});
	const reason = (error: unknown): Promise<never> => {
		if (latest !== undefined) throw error;
		return askWhy(redis({ ...redisOptions, ...nodes[0] }), connectTimeoutMs, error);
	};
	return establish(resolved, {
		port: createPort(ioredisDriver(client, true), { ...resolved.port, readFrom }),
		connected: client.connect().catch(reason),
		lastError: () => latest,
	});
}

/**
 * Connects to the master that the Sentinels name, and follows it. Otherwise as {@link connect}.
 *
 * @throws {ConnectError}
 * @throws {InvalidArgumentError}
 */
export async function connectSentinel(options: ConnectSentinelOptions): Promise<RedisPort> {
	const resolved = resolveConnectSentinel(options);
	const { connectTimeoutMs, db, name, sentinelPassword, sentinels, sentinelUsername, tls, where } = resolved;
	const { redis } = await loadLibrary(where);
	const { met, retryStrategy } = retryOnceMet();
	const client = redis({
		...common(resolved),
		name,
		sentinels: sentinels.map((sentinel: ResolvedAddress) => ({ ...sentinel })),
		sentinelUsername,
		sentinelPassword,
		db,
		...(tls && { enableTLSForSentinelMode: true, sentinelTLS: tls }),
		// Closes the connection to a master that is none any more, before more writes are lost with it.
		failoverDetector: true,
		sentinelCommandTimeout: Math.min(connectTimeoutMs, NEXT_ONE_MS),
		retryStrategy,
		sentinelRetryStrategy: retryStrategy,
	});
	client.on("ready", met);
	let why: unknown;
	client.on("sentinelError", ({ message }) => {
		if (message.endsWith("invalid reply: null"))
			why = new Error(`no master ${name}: the Sentinels do not know it`);
		if (message.endsWith("Command timed out")) why = Object.assign(new Error(message), { code: "ETIMEDOUT" });
	});
	const latest = latestError(client);
	const login = { username: sentinelUsername, password: sentinelPassword };
	const toSentinel = (address: ResolvedAddress | undefined): NativeRedis =>
		redis({ ...common(resolved), ...login, ...address, enableReadyCheck: false });
	const reason = async (error: unknown): Promise<never> => {
		if (why !== undefined || !String(latest()).includes("Connection is closed.")) throw error;
		why = await askWhy(toSentinel(sentinels[0]), connectTimeoutMs, error).catch((found: unknown) => found);
		throw why;
	};
	return establish(resolved, {
		port: createPort(ioredisDriver(client, true), resolved.port),
		connected: loggedIn(client, latest).catch(reason),
		lastError: () => why ?? latest(),
		openSentinel: (address, timeoutMs) => openTo(toSentinel(address), timeoutMs),
	});
}

/** The library says that it reached nobody, but not why: one of them is asked again. */
async function askWhy(node: NativeRedis, timeoutMs: number, error: unknown): Promise<never> {
	const link = await openTo(node, timeoutMs);
	link.destroy();
	throw error;
}

function openTo(node: NativeRedis, timeoutMs: number): Promise<OwnLink> {
	return openLike(node, undefined, {
		node: undefined,
		protocol: "as-configured",
		readOnly: false,
		timeoutMs,
	});
}

/** Until it was connected once, a client does not try again: that it cannot connect is the answer. */
function retryOnceMet(): { met: () => void; retryStrategy: (times: number) => number | null } {
	let known = false;
	return {
		met: () => {
			known = true;
		},
		retryStrategy: (times) => (known ? Math.min(25 * 2 ** times, 2_000) * (0.75 + Math.random() / 2) : null),
	};
}

function common({ clientName, connectTimeoutMs, password, tls, username }: ResolvedCommon): object {
	return {
		lazyConnect: true,
		username,
		password,
		tls,
		connectTimeout: connectTimeoutMs,
		disconnectTimeout: Math.min(connectTimeoutMs, NEXT_ONE_MS),
		...(clientName !== undefined && { connectionName: clientName }),
	};
}

/** The library counts a connection as ready even where its SELECT was refused, and then uses database 0. */
async function loggedIn(client: NativeRedis, lastError: () => unknown): Promise<void> {
	await client.connect();
	const error = lastError();
	if (error instanceof Error && error.name === "ReplyError") throw error;
}

function latestError(client: NativeRedis): () => unknown {
	let latest: unknown;
	client.on("error", (error) => {
		latest = error;
	});
	return () => latest;
}
