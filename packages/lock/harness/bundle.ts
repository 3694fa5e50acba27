import { bundle, type Edit } from "../../../test/bundle.ts";

/** Makes the worker one program in this directory, with edits made to the sources of this package, and gives its path. */
export function bundleWorker(directory: string, edits: readonly Edit[] = []): Promise<string> {
	return bundle({
		...{ entry: new URL("worker.ts", import.meta.url), sources: new URL("../src/", import.meta.url) },
		imported: ["ioredis", "redis", "redis-semaphore", "redlock", "redlock-universal", "simple-redis-mutex"],
		...{ directory, edits },
	});
}
