import { CommandError, ConnectionError, type OpenOptions, ServerError, TimeoutError } from "@rk/client";
import { fault } from "./faults.ts";
import type { NativeRedis } from "./native.ts";
import { IoredisOwnLink } from "./own-link.ts";

/** Where to connect, if not where `source` does. */
export interface Target {
	readonly host: string;
	readonly port: number;
}

/**
 * A connected connection like `source`, that never reconnects and keeps nothing for later. In a Sentinel setup it is one
 * to a server that says of itself that it is a master.
 */
export async function openLike(
	source: NativeRedis,
	target: Target | undefined,
	{ protocol, readOnly, timeoutMs }: OpenOptions,
): Promise<IoredisOwnLink> {
	const own = {
		lazyConnect: true,
		retryStrategy: () => null,
		sentinelRetryStrategy: () => null,
		reconnectOnError: null,
		maxRetriesPerRequest: null,
		enableOfflineQueue: false,
		autoResubscribe: false,
		autoResendUnfulfilledCommands: false,
		failoverDetector: false,
		commandTimeout: undefined,
		blockingTimeout: undefined,
		socketTimeout: undefined,
		// The library waits without end for a Sentinel that is silent.
		sentinelCommandTimeout: timeoutMs,
		connectTimeout: Math.min(source.options.connectTimeout ?? timeoutMs, timeoutMs),
		readOnly,
		...(protocol === "resp2" ? { protocol: 2 } : {}),
		...target,
	};
	const link = new IoredisOwnLink(source.duplicate(own));
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => {
			reject(new TimeoutError(`No connection to ${link.node}`, timeoutMs, "not-sent"));
		}, timeoutMs);
		timer.unref();
	});
	try {
		await Promise.race([connected(link), late]);
		return link;
	} catch (error) {
		link.destroy();
		throw error;
	} finally {
		clearTimeout(timer);
	}
}

async function connected(link: IoredisOwnLink): Promise<void> {
	const { redis } = link;
	let cause: unknown;
	redis.on("error", (error: unknown) => {
		cause ??= error;
	});
	try {
		await redis.connect();
		// Also "ready" is a connection whose login was refused (iovalkey), and one on which SELECT failed.
		if (cause !== undefined || link.state !== "ready") throw cause;
		if (redis.options.sentinels) await mustBeMaster(link);
	} catch (error) {
		throw openFault(link.node, cause ?? error);
	}
}

async function mustBeMaster(link: IoredisOwnLink): Promise<void> {
	let role: unknown;
	try {
		const reply = await link.send(["ROLE"], "utf8");
		role = Array.isArray(reply) ? reply[0] : reply;
	} catch (error) {
		if (fault(error).code === "NOPERM") return; // then the library's own check, by INFO, must do
		throw error;
	}
	if (role === "master") return;
	throw new ConnectionError(`${link.node} is a ${role}, not the master`, "not-sent");
}

/** Whatever went wrong, no command of the port was sent. The server's own words stay the server's. */
function openFault(node: string, cause: unknown): CommandError {
	const known = fault(cause);
	if (known instanceof ServerError || (cause instanceof CommandError && known.outcome === "not-sent"))
		return known;
	return new ConnectionError(`Cannot connect to ${node}: ${known.message}`, "not-sent", { cause });
}
