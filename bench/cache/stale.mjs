import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { keep } from "./commands.mjs";
import { isOurs } from "./contenders.mjs";

/** The cache package's fuzz, as `pnpm fuzz --peers` runs it there: processes of their own, from the sources. */
const PROGRAM = fileURLToPath(new URL("../../packages/cache/test/support/fuzz/cli.ts", import.meta.url));
const LUA = new URL("../../packages/testing/test/support/lua-as-text.mjs", import.meta.url).href;

/** Values that were served although they had been loaded before a delete that had resolved before the read. */
export async function staleReads(bench) {
	const writes = bench.quick ? "150" : "300";
	console.log(`\nstale reads in the fuzz: 3 processes, 5 keys, reads, and ${writes} deletes of each`);
	const args = ["--conditions=@rk/source", "--import", "tsx", "--import", LUA, PROGRAM];
	const child = spawn(process.execPath, [...args, "--peers", "--json", "--writes", writes], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	for await (const line of createInterface({ input: child.stdout })) {
		const { subject, tiers, reads, counts } = JSON.parse(line);
		const name = `${subject === "rk" ? "@rk/cache" : subject}, ${tiers}`;
		const verdict = isOurs(name) ? `  exactly 0 ${counts.stale + counts.stuck === 0 ? "✓" : "✗"}` : "";
		console.log(
			`  ${name.padEnd(38)} ${`${counts.stale}`.padStart(6)} of ${reads} reads, ${counts.stuck} still stale when all was quiet${verdict}`,
		);
		keep(bench, "fuzz", name, "stale reads", "reads", counts.stale);
		keep(bench, "fuzz", name, "stuck", "reads", counts.stuck);
	}
}
