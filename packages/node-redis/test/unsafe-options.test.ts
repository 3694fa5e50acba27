import type { EventEmitter } from "node:events";
import { InvalidArgumentError, type ReadFrom } from "@rk/client";
import { createClient, createClientPool, createCluster, createSentinel } from "redis";
import { createClient as createClient5, createCluster as createCluster5 } from "redis-5";
import { describe, expect, test } from "vitest";
import { nodeRedisPort } from "../src/index.ts";

const refusal = (make: () => unknown): unknown => {
	try {
		make();
	} catch (error) {
		return error instanceof InvalidArgumentError ? error.argument : error;
	}
	return undefined;
};

/** A client made when its case runs. Named, since the compiler takes most of a minute to find a type for all of redis' clients. */
type Make<Client> = () => Client;

/** What JavaScript passes, where TypeScript would not let it. */
const port = (client: unknown): unknown => Reflect.apply(nodeRedisPort, undefined, [client]);

describe("what is refused at once", () => {
	test.each<[what: string, make: Make<unknown>, argument: string]>([
		["a prefix for keys", () => createClient({ keyPrefix: "app:" }), "client.options.keyPrefix"],
		[
			"a queue with an end",
			() => createClient({ commandsQueueMaxLength: 10 }),
			"client.options.commandsQueueMaxLength",
		],
		[
			"a cluster's prefix",
			() => createCluster({ rootNodes: [], keyPrefix: "app:" }),
			"client.options.keyPrefix",
		],
		[
			"a queue with an end, in a cluster",
			() => createCluster({ rootNodes: [], defaults: { commandsQueueMaxLength: 10 } }),
			"client.options.defaults.commandsQueueMaxLength",
		],
		[
			"a Sentinel client's prefix",
			() => createSentinel({ name: "main", sentinelRootNodes: [], keyPrefix: "app:" }),
			"client.options.keyPrefix",
		],
		// Before 6.2.1 a late reply on a lost connection was taken for the reply to a command on the next one.
		["a client of redis 5", () => createClient5(), "client"],
		["a cluster client of redis 5", () => createCluster5({ rootNodes: [] }), "client"],
		["a pool", () => createClientPool(), "client"],
		["nothing", () => undefined, "client"],
		["text", () => "redis://localhost", "client"],
		["some object", () => ({ sendCommand: () => Promise.resolve(null) }), "client"],
	])("%s", (_what, make, argument) => {
		const client = make();
		expect(refusal(() => port(client))).toBe(argument);
	});

	// Breaks without checkReadFrom(): every read would go to the master, and nobody would know.
	test.each<
		[what: string, make: Make<Parameters<typeof nodeRedisPort>[0] & EventEmitter>, readFrom: ReadFrom]
	>([
		["a cluster client without useReplicas", () => createCluster({ rootNodes: [] }), "replica"],
		["a cluster client without useReplicas", () => createCluster({ rootNodes: [] }), "nearest"],
		["a client of one server", () => createClient(), "replica"],
		["a Sentinel client", () => createSentinel({ name: "main", sentinelRootNodes: [] }), "any"],
	])("reads from replicas over %s: %#", (_what, make, readFrom) => {
		const client = make();
		const names = client.eventNames();
		expect(refusal(() => nodeRedisPort(client, { readFrom }))).toBe("readFrom");
		expect(client.eventNames()).toEqual(names);
	});

	test("not: reads from replicas that the client connects to, and reads from the master", async () => {
		await nodeRedisPort(createCluster({ rootNodes: [], useReplicas: true }), { readFrom: "any" }).close();
		await nodeRedisPort(createCluster({ rootNodes: [] }), { readFrom: "master" }).close();
		await nodeRedisPort(createClient(), { readFrom: "master" }).close();
	});

	test("not: an empty prefix, and the options of most applications", async () => {
		const client = createClient({
			keyPrefix: "",
			database: 1,
			socket: { reconnectStrategy: 100 },
			pingInterval: 1000,
		});
		await nodeRedisPort(client).close();
	});
});

test("a client that closes itself when it is idle is warned of, once", async () => {
	const warnings: Error[] = [];
	const heard = (warning: Error): void => void warnings.push(warning);
	process.on("warning", heard);
	const client = createClient({ socket: { socketTimeout: 1000 } });
	await nodeRedisPort(client).close();
	await nodeRedisPort(client).close();
	await new Promise(setImmediate);
	process.off("warning", heard);
	expect(
		warnings.filter((warning) => "code" in warning && warning.code === "RK_SOCKET_TIMEOUT"),
	).toHaveLength(1);
});
