import { Redis } from "ioredis";
import { createClient } from "redis";

/** Clients of a server and what is made over them, all ended together, the last first. */
export function connectionsTo(server) {
	const ends = [];
	return {
		ioredis() {
			const redis = new Redis(server.url);
			ends.push(() => redis.disconnect());
			return redis;
		},
		async nodeRedis() {
			const client = createClient({ url: server.url });
			await client.connect();
			ends.push(() => client.destroy());
			return client;
		},
		/** A port, which is closed before its client. */
		kept(port) {
			ends.push(() => port.close());
			return port;
		},
		async end() {
			for (const end of ends.reverse()) await end();
		},
	};
}
