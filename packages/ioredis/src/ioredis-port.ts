import { createPort, type PortOptions, type RedisPort } from "@rk/client";
import { ioredisDriver } from "./driver.ts";
import type { NativeCluster, NativeRedis } from "./native.ts";

/**
 * The port over a `Redis` (one server, or Sentinel) or a `Cluster` of ioredis 5.4+, ioredis 6 or iovalkey. The client stays
 * the application's, to use beside the port and to close; sessions and subscriptions get connections like it of their own.
 *
 * Through the port no command is sent twice, whatever the client's `autoResendUnfulfilledCommands`,
 * `maxRetriesPerRequest` and `enableOfflineQueue`, and only the port's own deadlines apply.
 *
 * @throws {InvalidArgumentError} not such a client, or one with options that break a promise of the port: `keyPrefix`,
 * `replyMapping: "resp3"`, `stringNumbers`, `monitor`, `role: "slave"`, or a `reconnectOnError` that returns 2
 */
export function ioredisPort(client: NativeRedis | NativeCluster, options?: PortOptions): RedisPort {
	return createPort(ioredisDriver(client, false), options);
}
