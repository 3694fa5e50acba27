import { startServer } from "@rk/testing";
import { bloomFilters } from "./structures/bloom.mjs";
import { counters } from "./structures/counters.mjs";
import { hyperLogLogs } from "./structures/hyperloglog.mjs";
import { leaderboards, neighbours } from "./structures/leaderboard.mjs";
import { sessions } from "./structures/sessions.mjs";

export const about =
	"leaderboards of 10^6 members beside raw commands and redis-rank; Bloom filters; unions over slots, counters, sessions";

export async function run(bench) {
	const server = await startServer({ owned: true });
	try {
		console.log(`${server.version.name} ${server.version.version} at ${server.host}:${server.port}`);
		for (const part of [neighbours, leaderboards, bloomFilters, hyperLogLogs, counters, sessions])
			await part(bench, server);
	} finally {
		await server.stop();
	}
}
