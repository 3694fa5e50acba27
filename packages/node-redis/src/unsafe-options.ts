import { InvalidArgumentError, type ReadFrom } from "@rk/client";
import type { NativeClientOptions, NodeRedisClient, NodeRedisCluster, NodeRedisSentinel } from "./native.ts";

const warned = new WeakSet<object>();

/** @throws {InvalidArgumentError} an option under which the port could not keep what it promises */
export function checkClientOptions(client: NodeRedisClient): void {
	refuseOldRelease(client, "_getQueue" in client && "chainInExecution" in client._getQueue());
	checkNodeOptions(client, "client.options", client.options);
}

/** @throws {InvalidArgumentError} as {@link checkClientOptions} */
export function checkClusterOptions(cluster: NodeRedisCluster): void {
	refuseOldRelease(cluster, "_keyPrefix" in cluster);
	refusePrefix("client.options.keyPrefix", cluster._options.keyPrefix);
	checkNodeOptions(cluster, "client.options.defaults", cluster._options.defaults);
}

/** @throws {InvalidArgumentError} as {@link checkClientOptions}; the node clients' options are not used, or overridden */
export function checkSentinelOptions(sentinel: NodeRedisSentinel): void {
	refuseOldRelease(sentinel, "_keyPrefix" in sentinel);
	refusePrefix("client.options.keyPrefix", sentinel._keyPrefix);
}

/** @throws {InvalidArgumentError} a client that knows no replicas to read from: each read would go to the master after all */
export function checkReadFrom(readFrom: ReadFrom, cluster: NodeRedisCluster | undefined): void {
	if (readFrom === "master" || cluster?._options.useReplicas) return;
	throw new InvalidArgumentError(
		"readFrom",
		readFrom,
		'"master", or one of "replica", "any" and "nearest" with a client of createCluster() made with useReplicas: true',
	);
}

/**
 * Before 6.2.1 what arrived late on a lost connection was read as replies to the commands of the next one; before 6.3 giving
 * up a command that is written could lose others that are not. Told by members that came with the former, or shortly before:
 * a client does not tell its version.
 */
function refuseOldRelease(client: object, recent: boolean): void {
	if (!recent) throw new InvalidArgumentError("client", client, "a client of redis 6.3 or later");
}

function checkNodeOptions(owner: object, path: string, options: NativeClientOptions | undefined): void {
	if (options === undefined) return;
	refusePrefix(`${path}.keyPrefix`, options.keyPrefix);
	const { commandsQueueMaxLength, socket } = options;
	// The queue may be full between a MULTI and its EXEC: the connection would stay inside the transaction.
	if (commandsQueueMaxLength !== undefined && commandsQueueMaxLength > 0) {
		throw new InvalidArgumentError(
			`${path}.commandsQueueMaxLength`,
			commandsQueueMaxLength,
			"left out: it would cut transactions in half; bound the callers instead",
		);
	}
	// No promise is broken, since the port reports the client as closed, but few expect that of a quiet hour.
	if (socket?.socketTimeout && socket.reconnectStrategy === undefined) {
		warnOnce(
			owner,
			"RK_SOCKET_TIMEOUT",
			`${path}.socket.socketTimeout is ${socket.socketTimeout}: by default the client closes for good when it was idle ` +
				"for so long; set a reconnectStrategy and a pingInterval beside it, or use the port's commandTimeoutMs",
		);
	}
}

/** The library puts it before the keys of some commands, the port's not among them: two names for one key. */
function refusePrefix(argument: string, keyPrefix: unknown): void {
	if (keyPrefix === undefined || keyPrefix === "") return;
	throw new InvalidArgumentError(
		argument,
		keyPrefix,
		"left out: put the prefix in the keys, or in the options of each package",
	);
}

function warnOnce(owner: object, code: string, message: string): void {
	if (warned.has(owner)) return;
	warned.add(owner);
	process.emitWarning(message, { type: "RkWarning", code });
}
