import { createPort, type PortOptions, type RedisPort } from "@rk/client";
import { type AnyNodeRedisClient, nodeRedisDriver } from "./driver.ts";

export { connect, connectCluster, connectSentinel } from "./connect.ts";
export type { NodeRedisClient, NodeRedisCluster, NodeRedisSentinel } from "./native.ts";

/**
 * The port over a client of the `redis` package that the application made: of `createClient()`, `createCluster()` or
 * `createSentinel()`. The application goes on to use the client and to close it; one that is not connected yet is
 * connected with the first command.
 *
 * @throws {InvalidArgumentError} not such a client, or one with an option that breaks a promise of the port; a `readFrom` other
 * than `master` over a client that connects to no replicas
 */
export function nodeRedisPort(client: AnyNodeRedisClient, options?: PortOptions): RedisPort {
	return createPort(nodeRedisDriver(client, false, options?.readFrom), options);
}
