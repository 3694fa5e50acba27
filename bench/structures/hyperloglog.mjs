import { pfadd } from "@rk/client";
import { connectCluster, ioredisPort } from "@rk/ioredis";
import { createHyperLogLog } from "@rk/structures/hyperloglog";
import { startCluster } from "@rk/testing";
import { connectionsTo } from "../frame/connections.mjs";

const DAYS = 30;
const VISITORS = 20_000;
const UNIONS = 10;
const keys = Array.from({ length: DAYS }, (_, day) => `uv:day-${day}`);

/** Milliseconds of one, of several in turn. */
async function msOf(union) {
	const began = performance.now();
	for (let i = 0; i < UNIONS; i++) await union();
	return (performance.now() - began) / UNIONS;
}

/** Days of many visitors each, who overlap in part. */
async function fill(port) {
	for (const [day, key] of keys.entries())
		for (let from = 0; from < VISITORS; from += 1_000)
			await port.command(
				pfadd(
					key,
					Array.from({ length: 1_000 }, (_, i) => `user-${day * 5_000 + from + i}`),
				),
			);
}

/** The union of a month: by PFCOUNT in one place, and computed here from the slots of a cluster. */
export async function hyperLogLogs(bench, server) {
	const cluster = await startCluster({ masters: 3, replicas: 0 });
	const { ioredis, kept, end } = connectionsTo(server);
	try {
		const one = kept(ioredisPort(ioredis()));
		const many = kept(
			await connectCluster({ nodes: cluster.nodes.map(({ host, port }) => ({ host, port })) }),
		);
		await Promise.all([fill(one), fill(many)]);
		const [near, far] = [createHyperLogLog(one), createHyperLogLog(many)];
		const [counted, computed] = [await near.count(...keys), await far.count(...keys)];
		if (counted !== computed) throw new Error(`PFCOUNT says ${counted}, the union over slots ${computed}`);
		const near30 = () => near.count(...keys);
		const far30 = () => far.count(...keys);
		const times = { "PFCOUNT, one server": [], "over the slots of 3 masters": [] };
		for (let round = 0; round < (bench.quick ? 5 : 15); round++) {
			times["PFCOUNT, one server"].push(await msOf(near30));
			times["over the slots of 3 masters"].push(await msOf(far30));
		}
		console.log(`\nunion of ${DAYS} full days, ${counted} visitors: ms, medians of rounds of ${UNIONS}`);
		for (const [subject, all] of Object.entries(times)) {
			all.sort((a, b) => a - b);
			const [value, min, max] = [all[all.length >> 1], all[0], all.at(-1)];
			console.log(
				`  ${subject.padEnd(28)} ${value.toFixed(2).padStart(7)}  (${min.toFixed(2)} – ${max.toFixed(2)})`,
			);
			bench.rows.push({
				...{ bench: "structures", case: `union of ${DAYS} days`, subject, metric: "time", unit: "ms", value },
				...{ against: null, ratio: null, min, max },
			});
		}
	} finally {
		await end();
		await cluster.stop();
	}
}
