import { InvalidArgumentError } from "@rk/client";
import { isNativeCluster, type NativeCluster, type NativeOptions, type NativeRedis } from "./native.ts";

const warned = new WeakMap<object, Set<string>>();

/** Replies on which applications reconnect, and one on which nobody does. */
const ERRORS = [
	"READONLY You can't write against a read only replica.",
	"LOADING Redis is loading the dataset in memory",
	"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
	"CLUSTERDOWN The cluster is down",
	"NOREPLICAS Not enough good replicas to write.",
	"UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
	"ERR value is not an integer or out of range",
] as const;

/**
 * Refuses a client whose options break a promise of the port, and warns, once for each client, of those that weaken one.
 *
 * @throws {InvalidArgumentError} with the option's path
 */
export function checkClient(client: NativeRedis | NativeCluster): void {
	if (!looksLikeClient(client)) {
		throw new InvalidArgumentError(
			"client",
			client,
			"a Redis or Cluster of ioredis 5.4 or later, or of iovalkey",
		);
	}
	if (isNativeCluster(client)) {
		refuseKeyPrefix("client.options", client.options.keyPrefix);
		if (client.options.redisOptions)
			checkOptions("client.options.redisOptions", client.options.redisOptions, client);
		return;
	}
	checkOptions("client.options", client.options, client);
	checkSentinel(client);
}

function checkOptions(path: string, options: NativeOptions, client: object): void {
	refuseKeyPrefix(path, options.keyPrefix);
	if (options.replyMapping === "resp3") {
		throw new InvalidArgumentError(
			`${path}.replyMapping`,
			"resp3",
			'"legacy": replies must have one shape under both protocols',
		);
	}
	if (options.stringNumbers === true) {
		throw new InvalidArgumentError(`${path}.stringNumbers`, true, "false: integers must come as numbers");
	}
	if (options.monitor === true) {
		throw new InvalidArgumentError(`${path}.monitor`, true, "false: a monitor takes no commands");
	}
	if (options.reconnectOnError) checkReconnectOnError(`${path}.reconnectOnError`, options.reconnectOnError);
	if (options.commandTimeout !== undefined) {
		warn(
			client,
			"RK_COMMAND_TIMEOUT",
			"ioredis' commandTimeout does not apply to the port: set its own commandTimeoutMs",
		);
	}
}

/** Keys would be other keys through the port than through the client. */
function refuseKeyPrefix(path: string, keyPrefix: unknown): void {
	if (keyPrefix === undefined || keyPrefix === null || keyPrefix === "") return;
	throw new InvalidArgumentError(
		`${path}.keyPrefix`,
		keyPrefix,
		"left out: the port sends keys as they are given",
	);
}

/** 2 makes the library send the failed command again, which for a script or EXEC may be the second time that it runs. */
function checkReconnectOnError(path: string, reconnectOnError: (error: Error) => unknown): void {
	for (const message of ERRORS) {
		const error = Object.assign(new Error(message), {
			name: "ReplyError",
			command: { name: "set", args: ["k", "v"] },
		});
		let answer: unknown;
		try {
			answer = reconnectOnError(error);
		} catch {
			continue; // it is the application's own, and is not asked in earnest
		}
		if (answer === 2) {
			throw new InvalidArgumentError(
				path,
				reconnectOnError,
				"a function that never returns 2: no command may be sent twice",
			);
		}
	}
}

function checkSentinel(client: NativeRedis): void {
	const { sentinels, role, failoverDetector } = client.options;
	if (!sentinels) return;
	if (role !== undefined && role !== "master") {
		throw new InvalidArgumentError("client.options.role", role, '"master": the port writes');
	}
	if (failoverDetector !== true) {
		warn(
			client,
			"RK_NO_FAILOVER_DETECTOR",
			"without ioredis' failoverDetector: true, writes go to the old master until it closes its connections, and are lost",
		);
	}
}

function warn(client: object, code: string, message: string): void {
	const codes = warned.get(client) ?? new Set();
	if (codes.has(code)) return;
	warned.set(client, codes.add(code));
	process.emitWarning(message, { type: "RkWarning", code });
}

/** The types promise it, but a JavaScript caller may give anything. */
function looksLikeClient(client: unknown): boolean {
	if (typeof client !== "object" || client === null) return false;
	const verb: unknown =
		Reflect.get(client, "isCluster") === true
			? Reflect.get(client, "nodes")
			: Reflect.get(client, "duplicate");
	return (
		typeof verb === "function" &&
		typeof Reflect.get(client, "sendCommand") === "function" &&
		"status" in client &&
		"options" in client
	);
}
