import { startServer } from "@rk/testing";
import { bulk } from "./cache/bulk.mjs";
import { commands } from "./cache/commands.mjs";
import { memoryHits, misses, redisHits } from "./cache/hits.mjs";
import { memory } from "./cache/memory.mjs";
import { staleReads } from "./cache/stale.mjs";
import { stampede } from "./cache/stampede.mjs";
import { tagInvalidation } from "./cache/tags.mjs";

export const about =
	"caches: hits, misses, commands, stampedes, tags, memory, and what is served after it was deleted";

export async function run(bench) {
	const server = await startServer({ owned: true });
	try {
		console.log(`${server.version.name} ${server.version.version} at ${server.host}:${server.port}`);
		// Those that count first: the rest leaves its keys behind.
		await memory(bench, server);
		await server.command("FLUSHALL");
		await commands(bench, server);
		await memoryHits(bench, server);
		await redisHits(bench, server);
		await misses(bench, server);
		await server.command("FLUSHALL");
		await tagInvalidation(bench, server);
		await stampede(bench, server);
		await bulk(bench);
		await staleReads(bench);
	} finally {
		await server.stop();
	}
}
