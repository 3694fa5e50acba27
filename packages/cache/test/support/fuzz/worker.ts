// One process that reads and writes through a cache, and writes down what it got. Started by `run`.
import { dice } from "../seed.ts";
import { openDatabase } from "./database.ts";
import { Node } from "./node.ts";
import type { Order, Report, WorkerSettings } from "./protocol.ts";
import { SUBJECTS } from "./subjects/index.ts";
import { readUntil, writeUntil } from "./workload.ts";

const READERS = 4;

function settingsFrom([, , text = ""]: string[]): WorkerSettings {
	return JSON.parse(text);
}

const settings = settingsFrom(process.argv);
const report = (what: Report): unknown => process.send?.(what);

async function main(): Promise<void> {
	const subject = await (await SUBJECTS[settings.subject]())(settings);
	const database = openDatabase(settings.databaseUrl);
	const node = new Node(settings.node, subject, database, dice(settings.seed));
	const keys = Object.keys(settings.tags);
	let stop = false;
	const stopped = (): boolean => stop;

	const work = async (): Promise<void> => {
		const who = { node, subject, settings };
		await Promise.all([
			...Array.from({ length: READERS }, (_, n) =>
				readUntil(stopped, { ...who, chance: dice(settings.seed + 1 + n) }),
			),
			writeUntil(stopped, { ...who, chance: dice(settings.seed + 50) }, () => report({ kind: "written" })),
		]);
		report({ kind: "stopped" });
	};
	const look = async (round: number): Promise<void> => {
		const versions = await database.read(keys);
		const found: number[] = [];
		for (const key of keys) {
			const [value] = await node.read("getOrLoad", [key], round);
			found.push(value?.version ?? Number.NaN);
		}
		report({ kind: "looked", fresh: versions.every((version, n) => version === found[n]) });
	};
	const leave = async (): Promise<void> => {
		await subject.close();
		database.close();
		process.off("disconnect", orphaned);
		process.send?.({ kind: "history", entries: node.entries } satisfies Report, () => process.disconnect());
	};
	process.on("message", (order: Order) => {
		if (order.kind === "work") void work();
		else if (order.kind === "stop") stop = true;
		else if (order.kind === "look") void look(order.round);
		else void leave();
	});
	report({ kind: "ready" });
}

/** The harness is gone. */
function orphaned(): void {
	process.exit(1);
}

process.on("disconnect", orphaned);
main().catch((error: unknown) => {
	process.stderr.write(`${settings.node}: ${error instanceof Error ? error.stack : error}\n`);
	process.exit(1);
});
