import { type FaultProxy, startServer, type TestServer } from "@rk/testing";
import { afterAll, afterEach } from "vitest";

/** A server that clients reach through a proxy. */
export interface ProxiedServer extends TestServer {
	readonly proxy: FaultProxy;
}

/** A server of the test file that calls this at its top, for as long as its tests run. */
export async function ownServer(): Promise<TestServer> {
	const server = await startServer({ owned: true });
	afterAll(() => server.stop());
	return server;
}

/** The same behind a proxy. Each test finds both without faults, and no command counted. */
export async function proxiedServer(): Promise<ProxiedServer> {
	const server = await startServer({ owned: true, proxied: true });
	if (!isProxied(server)) throw new Error("The server has no proxy");
	afterEach(async () => {
		await server.thaw();
		await server.proxy.heal();
		server.proxy.forget();
	});
	afterAll(() => server.stop());
	return server;
}

function isProxied(server: TestServer): server is ProxiedServer {
	return server.proxy !== undefined;
}
