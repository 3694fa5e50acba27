import { ConnectError } from "@rk/client";
import type { NativeCluster, NativeRedis } from "./native.ts";

/** The installed client library. */
export interface Library {
	redis(options: object): NativeRedis;
	cluster(nodes: ReadonlyArray<{ host: string; port: number }>, options: object): NativeCluster;
}

type Load = () => Promise<Library>;

const ioredis: Load = async () => {
	const { Cluster, Redis } = await import("ioredis");
	return {
		redis: (options) => new Redis(options),
		cluster: (nodes, options) => new Cluster([...nodes], options),
	};
};

const iovalkey: Load = async () => {
	const { Cluster, Redis } = await import("iovalkey");
	return {
		redis: (options) => new Redis(options),
		cluster: (nodes, options) => new Cluster([...nodes], options),
	};
};

/**
 * ioredis where it is installed, else iovalkey. Loaded only when it is needed, so that a port over a client that the
 * application made needs neither.
 *
 * @throws {ConnectError} `driver-missing`
 */
export async function loadLibrary(
	where: string,
	loads: readonly Load[] = [ioredis, iovalkey],
): Promise<Library> {
	let cause: unknown;
	for (const load of loads) {
		try {
			return await load();
		} catch (error) {
			cause ??= error;
		}
	}
	const message = "neither ioredis nor iovalkey can be loaded: npm install ioredis";
	throw new ConnectError("driver-missing", where, message, { cause });
}
