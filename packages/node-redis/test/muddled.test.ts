import { get, ping, raw, set } from "@rk/client";
import { startServer, type TestServer } from "@rk/testing";
import { createClient } from "redis";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { connect, nodeRedisPort } from "../src/index.ts";

let server: TestServer;
beforeAll(async () => {
	server = await startServer({ owned: true, args: ["--enable-debug-command", "yes"] });
});
afterAll(() => server.stop());

// Red (the commands never settle, and later ones get the replies of others) without deafen(): the library cannot read a RESP3
// attribute, and goes on with what arrives next.
test("a reply that the library cannot read costs the connection, and no command gets another's reply", async () => {
	const port = await connect({ host: server.host, port: server.port, commandTimeoutMs: null });
	onTestFinished(() => port.close({ graceMs: 0 }));
	const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
	await port.batch(keys.map((key) => set(key, key)));
	for (let round = 0; round < 3; round++) {
		const unreadable = port.command(raw(["DEBUG", "PROTOCOL", "ATTRIB"]));
		const behind = keys.map((key) => port.command(get(key)).catch((error: unknown) => error));
		await expect(unreadable).rejects.toMatchObject({ code: "RK_CONNECTION", outcome: "unknown" });
		for (const [i, result] of (await Promise.all(behind)).entries()) {
			if (result !== keys[i]) expect(result).toMatchObject({ code: "RK_CONNECTION", outcome: "unknown" });
		}
		expect(await port.batch(keys.map((key) => get(key)))).toEqual(keys);
	}
	const session = port.session(undefined, (own) => own.command(raw(["DEBUG", "PROTOCOL", "ATTRIB"])));
	await expect(session).rejects.toMatchObject({ outcome: "unknown" });
});

// Red in the same way: the library forgets the reply that arrived together with the message.
test("nor does it where a message listener of the application's throws", async () => {
	const client = createClient({ socket: { host: server.host, port: server.port } });
	client.on("error", () => {});
	await client.connect();
	onTestFinished(() => client.destroy());
	const port = nodeRedisPort(client);
	await port.command(ping());
	await client.subscribe("news", () => {
		throw new Error("the listener's own");
	});
	await port.batch([set("a", "a"), set("b", "b")]);
	const [told, a] = await Promise.allSettled([
		port.command(raw(["PUBLISH", "news", "m"])),
		port.command(get("a")),
	]);
	for (const result of [told, a]) {
		if (result.status === "fulfilled") expect([1, "a"]).toContain(result.value);
		else expect(result.reason).toMatchObject({ code: "RK_CONNECTION", outcome: "unknown" });
	}
	expect(await port.command(get("b"), { timeoutMs: 5_000 })).toBe("b");
	expect(await port.command(get("a"), { timeoutMs: 5_000 })).toBe("a");
});
