import { once } from "node:events";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { ioredisDriver } from "../src/driver.ts";
import { libraries } from "./clients.ts";

const lazy = { lazyConnect: true };
const nodes = [{ host: "127.0.0.1", port: 1 }];

describe.each(libraries)("$name", ({ redis, cluster }) => {
	const argumentOf = (make: () => unknown): unknown => {
		try {
			make();
		} catch (error) {
			return Reflect.get(Object(error), "argument");
		}
		return undefined;
	};

	test.each([
		["keyPrefix", "app:"],
		["stringNumbers", true],
		["monitor", true],
		["reconnectOnError", () => 2],
		["reconnectOnError", (error: Error) => (error.message.startsWith("READONLY") ? 2 : false)],
	])(
		"%s is refused when it breaks a promise, on a single client and for a cluster's nodes",
		(option, value) => {
			const single = redis({ ...lazy, [option]: value });
			expect(argumentOf(() => ioredisDriver(single, false))).toBe(`client.options.${option}`);
			const clustered = cluster(nodes, { ...lazy, redisOptions: { [option]: value } });
			expect(argumentOf(() => ioredisDriver(clustered, false))).toMatch(
				new RegExp(`^client\\.options\\..*${option}$`),
			);
		},
	);

	test("reconnectOnError may ask for a reconnection, only not for the command to be sent again", () => {
		const single = redis({
			...lazy,
			reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
		});
		expect(argumentOf(() => ioredisDriver(single, false))).toBeUndefined();
	});

	test("a Sentinel client for replicas is refused", () => {
		const single = redis({
			...lazy,
			sentinels: [{ host: "127.0.0.1", port: 1 }],
			name: "main",
			role: "slave",
		});
		expect(argumentOf(() => ioredisDriver(single, false))).toBe("client.options.role");
	});

	test("commandTimeout and a Sentinel client without failoverDetector are warned of, once for each client", async () => {
		const options = {
			...lazy,
			commandTimeout: 100,
			sentinels: [{ host: "127.0.0.1", port: 1 }],
			name: "main",
		};
		const codes: unknown[] = [];
		const onWarning = (warning: Error): void => {
			codes.push(Reflect.get(warning, "code"));
		};
		process.on("warning", onWarning);
		onTestFinished(() => {
			process.off("warning", onWarning);
		});
		const single = redis(options);
		for (const _ of [1, 2]) await ioredisDriver(single, false).close();
		process.emitWarning("the last", { code: "RK_TEST" });
		while (!codes.includes("RK_TEST")) await once(process, "warning");
		expect(codes).toEqual(["RK_COMMAND_TIMEOUT", "RK_NO_FAILOVER_DETECTOR", "RK_TEST"]);
	});

	test("close() leaves no listener on the application's client", async () => {
		const single = redis(lazy);
		const clustered = cluster(nodes, lazy);
		for (const client of [single, clustered]) {
			const counts = (): number[] =>
				["ready", "close", "end", "error", "+node", "-node", "refresh"].map((event) =>
					listenersOf(client, event),
				);
			const before = counts();
			const driver = ioredisDriver(client, false);
			expect(counts()).not.toEqual(before);
			await driver.close();
			expect(counts()).toEqual(before);
		}
	});
});

test("replies in RESP3's own shapes are refused", () => {
	const single = new Redis({ ...lazy, replyMapping: "resp3" });
	expect(() => ioredisDriver(single, false)).toThrow(
		expect.objectContaining({ argument: "client.options.replyMapping" }),
	);
});

function listenersOf(client: object, event: string): number {
	const count: unknown = Reflect.get(client, "listenerCount");
	return typeof count === "function" ? Number(Reflect.apply(count, client, [event])) : -1;
}

test.each([
	undefined,
	null,
	1,
	"redis://localhost",
	{},
	{ sendCommand() {}, status: "ready" },
	{ isCluster: true },
])("%o is refused as no client", (value) => {
	// A JavaScript caller is not held by the types.
	expect(() => Reflect.apply(ioredisDriver, undefined, [value, false])).toThrow(
		expect.objectContaining({ code: "RK_INVALID_ARGUMENT", argument: "client" }),
	);
});
