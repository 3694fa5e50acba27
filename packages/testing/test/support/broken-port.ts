import type { RedisPort } from "@rk/client";
import { connect } from "../../../ioredis/src/index.ts"; // by its path: the adapter's own tests depend on this package
import { type ConformanceServers, type ConformanceSubject, portConformance } from "../../src/index.ts";

/** The real thing, with some of its methods replaced. */
export function instead<T extends object>(real: T, broken: Partial<T>): T {
	return new Proxy(real, {
		get(target, name) {
			const own: unknown = Reflect.get(name in broken ? broken : target, name);
			return typeof own === "function" ? own.bind(target) : own;
		},
	});
}

/** What is wrong with an adapter. */
export type Fault = (real: RedisPort) => Partial<RedisPort>;

/** The ioredis adapter with a fault, as its author would give it to the suite. */
export function brokenBy(fault: Fault): ConformanceSubject {
	return {
		async open({ nodes, options }) {
			const [{ host, port } = { host: "", port: 0 }] = nodes;
			const real = await connect({ host, port, ...options });
			return { port: instead(real, fault(real)) };
		},
		connect,
	};
}

/** Puts a subject to one check of the suite, on one server. */
export function putTo(name: string, subject: ConformanceSubject, servers: ConformanceServers): Promise<void> {
	const { checks } = portConformance(subject, { only: ["standalone"], servers });
	const check = checks.find((each) => each.name === name);
	if (check === undefined) throw new Error(`the suite has no check "${name}"`);
	return check.run();
}
