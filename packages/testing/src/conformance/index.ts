export {
	type Conformance,
	type ConformanceCheck,
	type ConformanceOptions,
	ConformanceServers,
	portConformance,
} from "./conformance.ts";
export type { ConformanceSubject, ConformanceTarget, OpenedPort, TopologyKind } from "./subject.ts";
