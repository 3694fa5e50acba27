import { type FaultProxy, startProxy, type TestServer } from "@rk/testing";

/** The way to the server through a proxy that breaks the connection when asked, and the URL that leads there. */
export async function behindProxy(server: TestServer): Promise<FaultProxy & { readonly url: string }> {
	const proxy = await startProxy({ host: server.host, port: server.port });
	const url = new URL(server.url);
	url.host = `${proxy.host}:${proxy.port}`;
	return Object.assign(proxy, { url: url.href });
}
