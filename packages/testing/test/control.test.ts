import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { announce } from "../src/announce.ts";
import { Control } from "../src/control.ts";
import { startServer, type TestServer } from "../src/index.ts";
import { versionIn } from "../src/launch.ts";

describe("the tests' own connection to a server", () => {
	let locked: TestServer;
	let secret: TestServer;
	beforeAll(async () => {
		[locked, secret] = await Promise.all([startServer({ password: "s3cret" }), startServer({ tls: true })]);
	});
	afterAll(async () => {
		await Promise.all([locked.stop(), secret.stop()]);
	});

	// Broken on purpose: the reply to AUTH awaited by a promise. The reply to PING had come with it, and NOAUTH was told.
	it("says that it was not let in, rather than what that did to the command", async () => {
		const control = new Control({ host: "127.0.0.1", port: locked.port, greeting: [["AUTH", "wrong"]] });
		await expect(control.command("PING")).rejects.toMatchObject({
			code: "RK_TEST_CONNECTION",
			message: expect.stringMatching(/refused AUTH: WRONGPASS/),
			cause: { word: "WRONGPASS" },
		});
	});

	// Broken on purpose, likewise: the command was taken for done, though in another database than was asked for.
	it("gives no answer from a database that was not asked for", async () => {
		const greeting = [
			["AUTH", "s3cret"],
			["SELECT", "99"],
		];
		const control = new Control({ host: "127.0.0.1", port: locked.port, greeting });
		await expect(control.command("DBSIZE")).rejects.toThrow(/refused SELECT: ERR DB index is out of range/);
	});

	it("trusts a server by the system's certificates unless it is given one", async () => {
		const control = new Control({ host: "127.0.0.1", port: secret.port, ca: true });
		await expect(control.command("PING")).rejects.toMatchObject({
			code: "RK_TEST_CONNECTION",
			cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" },
		});
	});

	it("ends what is on its way when it is closed, and connects again when it is used again", async () => {
		const server = await startServer({ owned: true });
		const control = new Control({ host: "127.0.0.1", port: server.port });
		await control.command("PING");
		await server.freeze();
		const late = control.command("PING");
		control.close();
		await expect(late).rejects.toThrow("The control connection was closed");
		control.close();
		await server.thaw();
		expect(await control.command("PING")).toBe("PONG");
		control.close();
		await server.stop();
	});
});

describe("which server answers", () => {
	it.each([
		["redis_version:7.0.15\r\n", { name: "redis", version: "7.0.15" }],
		["redis_version:7.2.4\r\nvalkey_version:8.1.1\r\n", { name: "valkey", version: "8.1.1" }],
		["# Server\r\n", { name: "redis", version: "?" }],
	])("is read from %j", (info, version) => {
		expect(versionIn(info)).toEqual(version);
	});

	it("is told once", () => {
		const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
		announce("a server of this test");
		announce("a server of this test");
		const lines = write.mock.calls.map(([line]) => line);
		write.mockRestore();
		expect(lines).toEqual(["@rk/testing: a server of this test\n"]);
	});
});
