import { startProxy, startServer } from "@rk/testing";
import { verdict } from "./frame/limit.mjs";
import { CONTENDERS, RAW, RELEASE } from "./lock/contenders.mjs";
import { crowd, handOffs, percentile } from "./lock/contest.mjs";

export const about = "locks: what one costs, how soon the next one has it, and who gets none";

/** Of `@rk/lock`: the least share of the raw pair's rate; the most milliseconds of a hand-off, and round trips. */
const TARGET = { rate: 0.9, p50: 2, p99: 15, trips: 4 };
const RAW_OF = { "@rk/lock, ioredis": "raw pair, ioredis", "@rk/lock, node-redis": "raw pair, node-redis" };
const CROWD = 16;
const HOLD_MS = 20;

const isOurs = (name) => name.startsWith("@rk/");

async function opened(open, at, count, work) {
	const clients = [];
	try {
		for (let i = 0; i < count; i++) clients.push(await open(at));
		return await work(clients);
	} finally {
		for (const { close } of clients) await close();
	}
}

/** Acquire and release of keys that nobody else wants, one at a time and many. */
async function uncontended(bench, server) {
	const subjects = [];
	const close = [];
	for (const [name, open] of Object.entries({ ...RAW, ...CONTENDERS })) {
		if (name.startsWith("recipe book")) continue; // the raw pair is what it does
		const client = await open(server);
		close.push(client.close);
		const operation = async (i) => (await client.acquire(`bench:lock:${name}:${i % 1_000}`))();
		const goal = RAW_OF[name] === undefined ? {} : { against: RAW_OF[name], atLeast: TARGET.rate };
		subjects.push({ name, operation, ...goal });
	}
	for (const [concurrency, operations] of [
		[1, 500],
		[64, 5_000],
	]) {
		const name = `acquire + release × ${concurrency}`;
		await bench.measure({ name, subjects, concurrency, operations, rounds: 7 });
	}
	for (const end of close) await end();
}

/** A row of the bench's own form for each of the values. */
function keep(bench, name, subject, values) {
	for (const [metric, unit, value] of values)
		bench.rows.push({
			...{ bench: "lock", case: name, subject, metric, unit, value },
			...{ against: null, ratio: null, min: value, max: value },
		});
}

async function handOffTimes(bench, server) {
	const turns = bench.quick ? 100 : 400;
	console.log(`\nhand-off between 2 clients, ${turns} turns: ms from release to the other's grant`);
	for (const [name, open] of Object.entries(CONTENDERS)) {
		const key = `bench:lock:handoff:${name}`;
		const times = await opened(open, server, 2, async (clients) => {
			await handOffs(clients, key, 10); // connections and subscriptions are made
			return handOffs(clients, key, turns);
		});
		const [p50, p99, max] = [percentile(times, 0.5), percentile(times, 0.99), times.at(-1)];
		const met = isOurs(name)
			? `  p50 at most ${TARGET.p50} ${verdict(p50 <= TARGET.p50)}, p99 at most ${TARGET.p99} ${verdict(p99 <= TARGET.p99)}`
			: "";
		console.log(
			`  ${name.padEnd(26)} p50 ${p50.toFixed(2).padStart(7)}  p99 ${p99.toFixed(1).padStart(7)}  longest ${max.toFixed(1).padStart(7)}${met}`,
		);
		keep(bench, "hand-off × 2", name, [
			["p50", "ms", p50],
			["p99", "ms", p99],
			["longest", "ms", max],
		]);
	}
}

async function crowds(bench, server) {
	const durationMs = bench.quick ? 2_000 : 6_000;
	console.log(`\n${CROWD} clients, each holds for ${HOLD_MS} ms, ${durationMs / 1_000} s`);
	console.log("  round trips: commands that passed a proxy, for each acquire and release");
	for (const [name, open] of Object.entries(CONTENDERS)) {
		const key = `bench:lock:crowd:${name}`;
		const proxy = await startProxy(server);
		const { total, fewest, most, waits, trips } = await opened(open, proxy, CROWD, async (clients) => {
			await crowd(clients, key, { holdMs: 1, durationMs: 300 });
			proxy.forget();
			const result = await crowd(clients, key, { holdMs: HOLD_MS, durationMs });
			// Those that were told to stop still took their turn.
			return { ...result, trips: proxy.commands().length / (result.total + CROWD) };
		});
		await proxy.stop();
		const [p50, p99] = [percentile(waits, 0.5), percentile(waits, 0.99)];
		const met = isOurs(name) ? `, at most ${TARGET.trips} ${verdict(trips <= TARGET.trips)}` : "";
		console.log(
			`  ${name.padEnd(26)} ${`${total}`.padStart(4)} acquired (${fewest} to ${most} a client)  wait p50 ${p50.toFixed(0).padStart(4)} p99 ${p99.toFixed(0).padStart(5)} ms  round trips ${trips.toFixed(1)}${met}`,
		);
		keep(bench, `crowd × ${CROWD}`, name, [
			["acquired", "", total],
			["fairness", "min/max", fewest / most],
			["wait p50", "ms", p50],
			["wait p99", "ms", p99],
			["round trips", "per acquire", trips],
		]);
	}
}

export async function run(bench) {
	const server = await startServer();
	try {
		console.log(`${server.version.name} ${server.version.version} at ${server.host}:${server.port}`);
		await server.command("SCRIPT", "LOAD", RELEASE);
		await uncontended(bench, server);
		await handOffTimes(bench, server);
		await crowds(bench, server);
	} finally {
		await server.stop();
	}
}
