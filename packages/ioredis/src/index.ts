export { connect, connectCluster, connectSentinel } from "./connect.ts";
export { ioredisPort } from "./ioredis-port.ts";
export type { NativeCluster, NativeRedis } from "./native.ts";
