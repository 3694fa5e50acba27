import { ping, set } from "@rk/client";
import { startSentinel, type TestSentinel, type TestServer } from "@rk/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ioredisDriver } from "../src/driver.ts";
import { ioredisPort } from "../src/index.ts";
import { libraries } from "./clients.ts";
import { next, outcomeOf, ready, until } from "./links.ts";

let setup: TestSentinel;
beforeAll(async () => {
	setup = await startSentinel({ replicas: 1, sentinels: 1, proxied: true });
});
afterAll(() => setup.stop());

const OPEN = { node: undefined, protocol: "as-configured", readOnly: false, timeoutMs: 5_000 } as const;
const addressOf = ({ host, port }: TestServer): string => `${host}:${port}`;

describe.each(libraries)("$name", ({ redis }) => {
	test("the connection follows the master, and one's own goes to the master of now", async () => {
		await setup.settled();
		const sentinels = setup.sentinels.map(({ host, port }) => ({ host, port }));
		const client = redis({ sentinels, name: setup.name, failoverDetector: true });
		const driver = ioredisDriver(client, true);
		onTestFinished(() => driver.close());
		const link = driver.link ?? expect.fail("a Sentinel client has one link");
		await ready(link);
		const before = await setup.master();
		expect(driver.kind).toBe("sentinel");
		expect(link.node).toBe(addressOf(before));

		// Red (2) without the drain in IoredisLink: the library sends it to the next master.
		const swallowed = before.proxy?.swallowReply("INCR");
		const lost = outcomeOf(link.send(["INCR", "counter"], "utf8"));
		expect(await swallowed).toBe(true);
		expect(await lost).toBe("RK_CONNECTION unknown");
		await ready(link);
		expect(await link.send(["GETDEL", "counter"], "utf8")).toBe("1");

		const after = await setup.failover();
		await until(() => link.state === "ready" && link.node === addressOf(after));
		const own = await driver.open(OPEN);
		onTestFinished(() => own.destroy());
		expect(own.node).toBe(addressOf(after));
		expect(await own.send(["SET", "k", "v"], "utf8")).toBe("OK");
	});

	// Red (RK_CLOSED) when `end` always means that the application closed its client.
	test("a client that drops itself while it asks the Sentinels is connected again", async () => {
		await setup.settled();
		const sentinels = setup.sentinels.map(({ host, port }) => ({ host, port }));
		const client = redis({ sentinels, name: setup.name, failoverDetector: true, retryStrategy: () => 10 });
		const port = ioredisPort(client);
		onTestFinished(async () => {
			await port.close({ graceMs: 0 });
			client.disconnect();
		});
		await port.command(ping());
		const listenOnce: unknown = Reflect.get(client, "once");
		const connector: unknown = Reflect.get(client, "connector");
		if (typeof listenOnce !== "function" || !(connector instanceof Object))
			return expect.fail("another library");
		// What the library's failover detector does when a Sentinel tells of a failover.
		const drop: unknown = Reflect.get(connector, "disconnect");
		if (typeof drop !== "function") return expect.fail("another library");
		Reflect.apply(listenOnce, client, ["connecting", () => Reflect.apply(drop, connector, [])]);
		const ended = next();
		client.once("end", ended.call);
		(await setup.master()).proxy?.cut();
		await ended.promise;
		expect(await port.command(set("k", "v"))).toBe(true);
	});

	test("a server that is no master is not handed out", async () => {
		await setup.settled();
		const sentinels = setup.sentinels.map(({ host, port }) => ({ host, port }));

		const master = await setup.master();
		const demoted = setup.servers.find(({ port }) => port !== master.port) ?? expect.fail("no replica");
		// What a Sentinel says that has not heard of the failover yet.
		const natMap = { [addressOf(master)]: { host: demoted.host, port: demoted.port } };
		const client = redis({ sentinels, name: setup.name, natMap, lazyConnect: true, enableReadyCheck: false });
		const driver = ioredisDriver(client, false);
		await expect(driver.open(OPEN)).rejects.toMatchObject({
			outcome: "not-sent",
			message: /is a slave, not the master/,
		});
	});
});
