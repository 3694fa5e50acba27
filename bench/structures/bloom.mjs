import { createHash } from "node:crypto";
import { ioredisPort } from "@rk/ioredis";
import { createBloomFilter } from "@rk/structures/bloom";
import { connectionsTo } from "../frame/connections.mjs";
import { verdict } from "../frame/limit.mjs";

const ITEMS = 1_000_000;
const IN_A_CALL = 4_000;
const ERROR_RATE = 0.01;
/** Of the measured error rate to that of theory, either way, and of the bytes. */
const TARGET = { errors: 0.1, bytes: 0.01 };
const THEORY = 0.01;

const families = {
	sequential: (i) => `user:${i}`,
	random: (i) => createHash("sha1").update(`${i}`).digest("hex"),
};
const perSecond = (rate) => `${Math.round(rate).toLocaleString("en")}/s`;

/** How fast filters are, how often they err, and what they take. By the clock, since the server does the work. */
export async function bloomFilters(bench, server) {
	const items = bench.quick ? ITEMS / 10 : ITEMS;
	const { ioredis, kept, end } = connectionsTo(server);
	try {
		const port = kept(ioredisPort(ioredis()));
		console.log(
			`\nBloom filters for ${items.toLocaleString("en")} items at ${ERROR_RATE}, ${IN_A_CALL.toLocaleString("en")} in a call`,
		);
		for (const [family, key] of Object.entries(families))
			for (const [kind, capacity, scaling] of [
				["fixed", items, undefined],
				["growing", 1_000, {}],
			]) {
				const filter = createBloomFilter(port, {
					...{ name: `${family}-${kind}`, capacity, errorRate: ERROR_RATE, backend: "bitfield" },
					...(scaling === undefined ? {} : { scaling }),
				});
				const adds = await timed(items, key, 0, (keys) => filter.addMany(keys));
				const hits = await timed(items, key, 0, (keys) => filter.hasMany(keys));
				const misses = await timed(items, key, items, (keys) => filter.hasMany(keys));
				const { bytes, layers } = await filter.info();
				const errors = misses.trues / items;
				const theory = (-items * Math.log(ERROR_RATE)) / Math.LN2 ** 2 / 8;
				const met =
					kind === "fixed"
						? `${verdict(Math.abs(errors / THEORY - 1) <= TARGET.errors)} bytes ${verdict(Math.abs(bytes / theory - 1) <= TARGET.bytes)}`
						: verdict(errors <= ERROR_RATE);
				console.log(
					`  ${`${family}, ${kind}`.padEnd(22)} add ${perSecond(adds.rate).padStart(9)}  has ${perSecond(hits.rate).padStart(9)} there, ${perSecond(misses.rate).padStart(9)} not  ` +
						`errors ${errors.toFixed(5)}  ${bytes.toLocaleString("en")} bytes, ${layers} layers  ${met}`,
				);
				if (hits.trues !== items) throw new Error(`${items - hits.trues} items that were added are denied`);
				for (const [metric, unit, value] of [
					["add", "items/s", adds.rate],
					["has, there", "items/s", hits.rate],
					["has, not", "items/s", misses.rate],
					["errors", "of all", errors],
					["size", "bytes", bytes],
				])
					bench.rows.push({
						...{ bench: "structures", case: `bloom ${kind}`, subject: family, metric, unit, value },
						...{ against: null, ratio: null, min: value, max: value },
					});
				await filter.clear();
			}
	} finally {
		await end();
	}
}

async function timed(count, key, first, call) {
	let [trues, ms] = [0, 0];
	for (let from = 0; from < count; from += IN_A_CALL) {
		const keys = Array.from({ length: Math.min(IN_A_CALL, count - from) }, (_, i) => key(first + from + i));
		const began = performance.now();
		for (const answer of await call(keys)) if (answer) trues += 1;
		ms += performance.now() - began;
	}
	return { trues, rate: (1_000 * count) / ms };
}
