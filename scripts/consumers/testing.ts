import {
	NoServerError,
	startCluster,
	startProxy,
	startSentinel,
	startServer,
	type TestServer,
} from "@rk/testing";

export async function tour(): Promise<string> {
	const server: TestServer = await startServer({ persistence: "aof" });
	const proxy = await startProxy({ host: server.host, port: server.port });
	const cluster = await startCluster({ masters: 3, replicas: 1 });
	const sentinel = await startSentinel({ replicas: 2, sentinels: 3 });
	try {
		return `${server.url} ${proxy.port} ${cluster.nodes.length} ${sentinel.name}`;
	} catch (error) {
		return error instanceof NoServerError ? error.code : "";
	} finally {
		await Promise.all([proxy.stop(), server.stop(), cluster.stop(), sentinel.stop()]);
	}
}
