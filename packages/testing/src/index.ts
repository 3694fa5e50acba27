export type { ClusterNode, TestCluster } from "./cluster.ts";
export {
	type Conformance,
	type ConformanceCheck,
	type ConformanceOptions,
	ConformanceServers,
	type ConformanceSubject,
	type ConformanceTarget,
	type OpenedPort,
	portConformance,
	type TopologyKind,
} from "./conformance/index.ts";
export {
	ControlConnectionError,
	NoServerError,
	NotOwnedError,
	ReplyError,
	ServerStartError,
	WaitTimeoutError,
} from "./errors.ts";
export type { ServerVersion } from "./launch.ts";
export {
	type CommandMatch,
	type FaultProxy,
	type ProxyTarget,
	type SwallowOptions,
	startProxy,
} from "./proxy/proxy.ts";
export type { TestReply } from "./resp.ts";
export type { TestSentinel } from "./sentinel.ts";
export type { ClientType, TestServer } from "./server.ts";
export { findServer, type ServerSource } from "./source.ts";
export { type ClusterOptions, startCluster } from "./start-cluster.ts";
export { type SentinelOptions, startSentinel } from "./start-sentinel.ts";
export { type ServerOptions, startServer } from "./start-server.ts";
