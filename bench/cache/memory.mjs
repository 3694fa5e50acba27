import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { LRUCache } from "lru-cache";
import { keep } from "./commands.mjs";
import { CONTENDERS } from "./contenders.mjs";
import { VALUE } from "./hits.mjs";

const ENTRIES = 50_000;
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

function heap() {
	collect();
	const { heapUsed, external, arrayBuffers } = process.memoryUsage();
	return heapUsed + Math.max(external, arrayBuffers);
}

/** Every entry has an object of its own, as what is read has. */
const load = async () => ({ ...VALUE, roles: [...VALUE.roles] });

/** Bytes an entry: in this process, its key and value included, and in Redis. */
export async function memory(bench, server) {
	console.log(`\nbytes an entry in this process, of ${ENTRIES.toLocaleString("en")}: key and value included`);
	const show = (name, bytes) => {
		console.log(`  ${name.padEnd(38)} ${bytes.toFixed(0).padStart(6)}`);
		keep(bench, "memory, L1", name, "entry", "bytes", bytes);
	};
	let before = heap();
	const lru = new LRUCache({ max: ENTRIES });
	for (let i = 0; i < ENTRIES; i++) lru.set(`user:${i}`, await load());
	show("bare lru-cache", (heap() - before) / ENTRIES);
	for (const [name, open] of Object.entries(CONTENDERS)) {
		const one = await open({ tiers: "memory", load });
		if (one === undefined) continue;
		await one.read("warm");
		before = heap();
		for (let i = 0; i < ENTRIES; i++) await one.read(`user:${i}`);
		show(name, (heap() - before) / ENTRIES);
		await one.close();
	}
	await inRedis(bench, server);
	lru.clear();
}

async function inRedis(bench, server) {
	const json = JSON.stringify(VALUE).length;
	console.log(
		`\nbytes an entry in Redis: all that its keys use (MEMORY USAGE), of a value of ${json} bytes as JSON`,
	);
	for (const [name, open] of Object.entries(CONTENDERS)) {
		const one =
			(await open({ ...pick(server), tiers: "redis", load })) ??
			(await open({ ...pick(server), tiers: "both", load }));
		await one.read("warm");
		const used = async () => {
			let sum = 0;
			for (const key of await server.command("KEYS", "*"))
				sum += Number(await server.command("MEMORY", "USAGE", key));
			return sum;
		};
		const before = await used();
		await one.read("user:memory");
		await new Promise((resolve) => setTimeout(resolve, 50)); // some write behind their caller's back
		const bytes = (await used()) - before;
		await one.close();
		console.log(`  ${name.padEnd(38)} ${bytes.toFixed(0).padStart(6)}`);
		keep(bench, "memory, L2", name, "entry", "bytes", bytes);
	}
}

const pick = ({ host, port }) => ({ host, port });
