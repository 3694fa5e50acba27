import { defineScript, integer } from "@rk/client";
import { startServer, type TestServer } from "@rk/testing";
import { createClient } from "redis";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { nodeRedisPort } from "../src/index.ts";
import { socketsTo } from "./support.ts";

let server: TestServer;
beforeAll(async () => {
	server = await startServer({ owned: true });
});
afterAll(() => server.stop());

// Red (NOSCRIPT, three times) when the port believes that the source, which never left, is known there now.
test("scripts of a batch that never left take their source along on the next connection", async () => {
	const sockets = socketsTo(server.port);
	onTestFinished(sockets.stop);
	const native = createClient({ socket: { host: server.host, port: server.port, reconnectStrategy: 20 } });
	native.on("error", () => {});
	await native.connect();
	const port = nodeRedisPort(native);
	onTestFinished(async () => {
		await port.close({ graceMs: 0 });
		native.destroy();
	});
	const add = defineScript({ lua: "return redis.call('INCR', KEYS[1])", keys: 1, reply: integer });
	const batch = port.batch([add(["n"]), add(["n"]), add(["n"])]);
	sockets.latest().destroy(); // in the same tick: the library has written nothing yet
	expect(await batch).toEqual([1, 2, 3]);
});
