import { getex } from "@rk/client";
import { ioredisPort } from "@rk/ioredis";
import { createSessions } from "@rk/structures/sessions";
import { connectionsTo } from "../frame/connections.mjs";

const HOUR = 3_600_000;
const SESSIONS = 1_000;
const data = { user: "ann", roles: ["editor"], cart: Array.from({ length: 20 }, (_, i) => `item-${i}`) };

/** A session read and kept alive, beside what does that with a bare string: GETEX, which writes each time, and two commands. */
export async function sessions(bench, server) {
	const { ioredis, kept, end } = connectionsTo(server);
	try {
		const client = ioredis();
		const port = kept(ioredisPort(client));
		const store = createSessions(port, { idleMs: HOUR, absoluteMs: 24 * HOUR });
		const ids = [];
		for (let i = 0; i < SESSIONS; i++) {
			ids.push((await store.create(data)).id);
			await client.set(`raw:${i}`, JSON.stringify(data), "PX", HOUR);
		}
		const raw = "GETEX and JSON.parse";
		const subjects = [
			{
				name: raw,
				operation: async (i) => JSON.parse(await port.command(getex(`raw:${i % SESSIONS}`, { ttlMs: HOUR }))),
			},
			{
				name: "GET, then PEXPIRE",
				operation: async (i) => {
					const read = JSON.parse(await client.get(`raw:${i % SESSIONS}`));
					await client.pexpire(`raw:${i % SESSIONS}`, HOUR);
					return read;
				},
				against: raw,
			},
			{ name: "get and touch", operation: (i) => store.get(ids[i % SESSIONS]), against: raw },
			{ name: "update", operation: (i) => store.update(ids[i % SESSIONS], (same) => same), against: raw },
		];
		await bench.measure({ name: "sessions × 64", subjects, concurrency: 64, operations: 10_000, rounds: 5 });
	} finally {
		await end();
	}
}
