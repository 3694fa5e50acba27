import {
	type Attempt,
	type ConnectClusterOptions,
	ConnectError,
	type ConnectOptions,
	type ConnectSentinelOptions,
	createPort,
	establish,
	type PortOptions,
	type RedisPort,
	type ResolvedCommon,
	resolveConnect,
	resolveConnectCluster,
	resolveConnectSentinel,
} from "@rk/client";
import { type AnyNodeRedisClient, nodeRedisDriver } from "./driver.ts";
import { OwnClientLink } from "./own-link.ts";

/** A connection on which nothing moves for so long is taken for lost, in milliseconds; it is asked for a sign at half the time. */
const SILENCE_MS = 10_000;

/**
 * Connects to one server.
 *
 * @throws {ConnectError} it did not answer a PING within `connectTimeoutMs`, with what failed; nothing is left open
 * @throws {InvalidArgumentError} an option that is unknown or not usable
 */
export async function connect(options?: ConnectOptions): Promise<RedisPort> {
	const resolved = resolveConnect(options);
	const { address, db } = resolved;
	const { createClient } = await driver(resolved);
	// What refuses the first connection is to be told at once, not tried again until the time is over.
	let established = false;
	const client = createClient({
		...nodeOptions(resolved, db),
		socket: {
			...socketOptions(resolved),
			...address,
			reconnectStrategy: (retries: number) => established && reconnectMs(retries),
		},
	});
	const port = await begin(client, resolved, resolved.port);
	established = true;
	return port;
}

/**
 * Connects to a cluster by some of its nodes.
 *
 * @throws {ConnectError} no node answered within `connectTimeoutMs`, with what failed; nothing is left open
 * @throws {InvalidArgumentError} an option that is unknown or not usable
 */
export async function connectCluster(options: ConnectClusterOptions): Promise<RedisPort> {
	const resolved = resolveConnectCluster(options);
	const { nodes, readFrom, connectTimeoutMs } = resolved;
	const { createCluster } = await driver(resolved);
	const cluster = createCluster({
		// A silent node must not take all the time there is: the next one may answer.
		rootNodes: nodes.map((address) => ({ socket: { ...address, socketTimeout: connectTimeoutMs } })),
		defaults: { ...nodeOptions(resolved, 0), socket: socketOptions(resolved) },
		useReplicas: readFrom !== "master",
	});
	return begin(cluster, resolved, { ...resolved.port, readFrom });
}

/**
 * Connects to the master that the sentinels name, and follows it over failovers.
 *
 * @throws {ConnectError} no sentinel, or no master, answered within `connectTimeoutMs`, with what failed; nothing is left open
 * @throws {InvalidArgumentError} an option that is unknown or not usable
 */
export async function connectSentinel(options: ConnectSentinelOptions): Promise<RedisPort> {
	const resolved = resolveConnectSentinel(options);
	const { name, sentinels, sentinelUsername, sentinelPassword, db, connectTimeoutMs } = resolved;
	const { createClient, createSentinel } = await driver(resolved);
	const common = socketOptions(resolved);
	const sentinelOptions = {
		...(sentinelUsername === undefined ? {} : { username: sentinelUsername }),
		...(sentinelPassword === undefined ? {} : { password: sentinelPassword }),
		pingInterval: Math.ceil(connectTimeoutMs / 2),
		socket: { ...common, socketTimeout: connectTimeoutMs },
	};
	const sentinel = createSentinel({
		name,
		sentinelRootNodes: [...sentinels],
		sentinelClientOptions: sentinelOptions,
		passthroughClientErrorEvents: true, // else a wrong password stays a secret
		nodeClientOptions: { ...nodeOptions(resolved, db), socket: common },
	});
	return begin(sentinel, resolved, resolved.port, {
		refused: noSentinels(sentinel, sentinels.length),
		openSentinel: (address, timeoutMs) => {
			const node = `${address.host}:${address.port}`;
			const options = { node, protocol: "as-configured", readOnly: false, timeoutMs } as const;
			return OwnClientLink.open(createClient(sentinelOptions), options, address);
		},
	});
}

type Native = AnyNodeRedisClient & { connect(): Promise<unknown> };

function begin(
	client: Native,
	common: ResolvedCommon,
	options: PortOptions,
	{ refused, ...more }: Pick<Attempt, "openSentinel"> & { readonly refused?: Promise<never> } = {},
): Promise<RedisPort> {
	let lastError: unknown;
	client.on("error", (error) => {
		lastError = error;
	});
	const port = createPort(nodeRedisDriver(client, true, options.readFrom), options);
	const connected = client.connect();
	return establish(common, {
		port,
		connected: refused === undefined ? connected : Promise.race([connected, refused]),
		lastError: () => lastError,
		...more,
	});
}

/** Rejects when all of them, one after the other, said that they are other servers: the library would ask on and on. */
function noSentinels(sentinel: Native, count: number): Promise<never> {
	let inARow = 0;
	return new Promise((_, reject) => {
		sentinel.on("error", (error) => {
			const isOther = error instanceof Error && /unknown command.{1,2}SENTINEL/i.test(error.message);
			inARow = isOther ? inARow + 1 : 0;
			if (inARow === count) reject(error);
		});
	});
}

function nodeOptions({ username, password, clientName }: ResolvedCommon, db: number) {
	return {
		...(username === undefined ? {} : { username }),
		...(password === undefined ? {} : { password }),
		...(clientName === undefined ? {} : { name: clientName }),
		...(db === 0 ? {} : { database: db }),
		pingInterval: SILENCE_MS / 2,
	};
}

function socketOptions({ tls, connectTimeoutMs }: ResolvedCommon) {
	return {
		connectTimeout: connectTimeoutMs,
		socketTimeout: SILENCE_MS,
		reconnectStrategy: reconnectMs,
		...(tls === undefined ? {} : { ...tls, tls: true as const }),
	};
}

/** The pause before another try, in milliseconds. The library's own strategy gives up for good after a silence. */
function reconnectMs(retries: number): number {
	return Math.min(2 ** retries * 50, 2000) + Math.floor(Math.random() * 200);
}

async function driver({ where }: ResolvedCommon): Promise<typeof import("redis")> {
	try {
		return await import("redis");
	} catch (cause) {
		throw new ConnectError("driver-missing", where, "install the package redis beside @rk/node-redis", {
			cause,
		});
	}
}
