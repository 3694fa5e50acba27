import { keep } from "./commands.mjs";
import { closeAll, openAll } from "./contenders.mjs";
import { VALUE } from "./hits.mjs";

const KEYS = Array.from({ length: 10_000 }, (_, i) => `tagged:${i}`);
const AT_ONCE = 250;

async function each(work) {
	for (let i = 0; i < KEYS.length; i += AT_ONCE)
		await Promise.all(KEYS.slice(i, i + AT_ONCE).map((key) => work(key)));
}

/** One tag on ten thousand keys is invalidated. */
export async function tagInvalidation(bench, server) {
	console.log(`\n${KEYS.length.toLocaleString("en")} keys with one tag: time to invalidate it`);
	const { host, port } = server;
	const opened = await openAll({ host, port, tiers: "redis", load: async () => VALUE });
	for (const [name, one] of await openAll({ host, port, tiers: "both", load: async () => VALUE })) {
		if (opened.has(name)) await one.close();
		else opened.set(`${name}, both tiers`, one);
	}
	for (const [name, one] of opened) {
		if (one.invalidateTag === undefined) continue;
		const tag = `all of ${name}`;
		await each((key) => (one.readTagged ? one.readTagged(key, [tag]) : one.setTagged(key, VALUE, [tag])));
		const began = performance.now();
		await one.invalidateTag(tag);
		const ms = performance.now() - began;
		console.log(`  ${name.padEnd(38)} ${ms.toFixed(1).padStart(8)} ms`);
		keep(bench, "10 000 keys of a tag", name, "invalidation", "ms", ms);
	}
	await closeAll(opened);
}
