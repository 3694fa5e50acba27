// One process of a stampede: `node crowd.mjs NAME HOST PORT TIERS`. Says how many loads it ran, when its callers have their answer.
import { CONTENDERS } from "./contenders.mjs";

const [, , name, host, port, tiers] = process.argv;
const CALLERS = 200;
const LOAD_MS = 250;

let loads = 0;
const one = await CONTENDERS[name]({
	...{ host, port: Number(port), tiers, options: { leaseMs: 2_000 } },
	async load(key) {
		loads += 1;
		process.send({ kind: "loading", at: Number(process.hrtime.bigint()) / 1e6 });
		await new Promise((resolve) => setTimeout(resolve, key.startsWith("slow") ? 600_000 : LOAD_MS));
		return { key };
	},
});
process.on("message", async (key) => {
	await Promise.all(Array.from({ length: CALLERS }, () => one.read(key)));
	process.send({ kind: "answered", loads });
});
process.on("disconnect", () => process.exit());
process.send({ kind: "ready" });
