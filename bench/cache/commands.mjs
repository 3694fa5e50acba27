import { startProxy } from "@rk/testing";
import { CONTENDERS, isOurs } from "./contenders.mjs";
import { VALUE } from "./hits.mjs";

const TAGS = Array.from({ length: 10 }, (_, i) => `tag${i}`);
/** Commands of ours at most, for a read whose ten tags this process has not seen yet. */
const COLD_TAGGED = 3;
const settings = { load: async () => VALUE };

/** Commands that passed a proxy meanwhile. What the clients say when they connect, and the bus's signs of life, are not counted. */
async function counted(proxy, work) {
	await new Promise((resolve) => setTimeout(resolve, 100)); // what was begun before has passed
	proxy.forget();
	await work();
	await new Promise((resolve) => setTimeout(resolve, 100)); // and what it began behind its caller's back
	return proxy.commands().filter(([name]) => !/^(HELLO|CLIENT|INFO|AUTH|SELECT|PING|COMMAND)$/i.test(name))
		.length;
}

/** How many commands each operation costs. */
export async function commands(bench, server) {
	const proxy = await startProxy(server);
	const at = { host: proxy.host, port: proxy.port };
	console.log("\ncommands an operation, by a proxy (a script is one)");
	console.log(
		`  ${"".padEnd(38)} ${["hit", "miss", "set", "delete", "cold, 10 tags"].map((s) => s.padStart(13)).join("")}`,
	);
	for (const tiers of ["redis", "both"]) {
		for (const [name, open] of Object.entries(CONTENDERS)) {
			const one = await open({ ...at, ...settings, tiers });
			if (one === undefined) continue;
			// Scripts are known, and connections made.
			await one.read("commands:warm");
			await one.set?.("commands:warm", VALUE);
			await one.remove("commands:warm");
			await one.read("commands:hit");
			const cells = {
				hit: tiers === "both" ? undefined : await counted(proxy, () => one.read("commands:hit")),
				miss: await counted(proxy, () => one.read(`commands:${name}:${tiers}`)),
				set: one.set && (await counted(proxy, () => one.set(`commands:${name}:${tiers}`, VALUE))),
				delete: await counted(proxy, () => one.remove(`commands:${name}:${tiers}`)),
				tagged: undefined,
			};
			if (one.readTagged) {
				await one.readTagged(`commands:tagged:${name}`, TAGS);
				const cold = await open({ ...at, ...settings, tiers });
				await cold.read("commands:hit");
				cells.tagged = await counted(proxy, () => cold.readTagged(`commands:tagged:${name}`, TAGS));
				await cold.close();
			}
			await one.close();
			const row = Object.values(cells).map((count) => `${count ?? "–"}`.padStart(13));
			const verdict = isOurs(name)
				? `  at most ${COLD_TAGGED} ${cells.tagged <= COLD_TAGGED ? "✓" : "✗"}`
				: "";
			console.log(`  ${`${name}, ${tiers}`.padEnd(38)} ${row.join("")}${verdict}`);
			for (const [metric, count] of Object.entries(cells))
				if (count !== undefined) keep(bench, `commands, ${tiers}`, name, metric, "commands", count);
		}
	}
	await proxy.stop();
}

/** A row of the bench's own form. */
export function keep(bench, name, subject, metric, unit, value) {
	bench.rows.push({
		...{ bench: "cache", case: name, subject, metric, unit, value },
		...{ against: null, ratio: null, min: value, max: value },
	});
}
