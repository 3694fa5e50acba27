import { ping } from "@rk/client";
import {
	ConformanceServers,
	type ConformanceSubject,
	type ConformanceTarget,
	portConformance,
	type TopologyKind,
} from "@rk/testing";
import { afterAll, describe, test } from "vitest";
import { connect, connectCluster, connectSentinel, ioredisPort } from "../src/index.ts";
import type { NativeCluster, NativeRedis } from "../src/native.ts";
import { type Library, libraries } from "./clients.ts";

const retryStrategy = (): number => 20;

/**
 * A client with the library's own defaults: it sends again, queues and waits, all of which the port must make harmless.
 * Only its pauses between attempts to connect are shorter.
 */
function clientOf(library: Library, { kind, nodes, name }: ConformanceTarget): NativeRedis | NativeCluster {
	const addresses = nodes.map(({ host, port }) => ({ host, port }));
	if (kind === "standalone") return library.redis({ ...addresses[0], retryStrategy });
	if (kind === "cluster") return library.cluster(addresses, { clusterRetryStrategy: retryStrategy });
	return library.redis({
		name,
		sentinels: addresses,
		failoverDetector: true, // as the README asks for
		retryStrategy,
		sentinelRetryStrategy: retryStrategy,
	});
}

function subjectOf(library: Library): ConformanceSubject {
	return {
		async open(target) {
			const client = clientOf(library, target);
			const port = ioredisPort(client, target.options);
			await port.command(ping(), { timeoutMs: 20_000 }); // connected
			return { port, end: () => client.disconnect() };
		},
		// They make their client of ioredis 6, whatever this subject's own is.
		...(library === libraries[0] ? { connect, connectCluster, connectSentinel } : {}),
	};
}

const number = (name: string, standard: number): number => Number(process.env[name] ?? standard);

/** Registers the checks of one topology for every library and protocol, on servers that they share. */
export function conformanceOn(topology: TopologyKind): void {
	const servers = new ConformanceServers();
	afterAll(() => servers.close());
	describe.each(libraries.map((library) => [library.name, library] as const))("%s", (name, library) => {
		const { checks } = portConformance(subjectOf(library), {
			only: [topology],
			servers,
			cuts: number("RK_CUTS", 60),
			cycles: number("RK_CYCLES", 50),
			seed: number("RK_SEED", 1),
			print: (line) => process.stderr.write(`${name}, ${line}\n`),
		});
		for (const check of checks) test(check.name, { timeout: check.limitMs }, () => check.run());
	});
}
