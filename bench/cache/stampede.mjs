import { fork } from "node:child_process";
import { once } from "node:events";
import { keep } from "./commands.mjs";
import { CONTENDERS, isOurs } from "./contenders.mjs";

const PROCESSES = 4;
const LEASE_MS = 2_000;
/** How long after its lease has ended the load of a process that was killed may wait for its successor. */
const AFTER_LEASE_MS = 1_000;

const worker = new URL("crowd.mjs", import.meta.url);

async function fleet(name, { host, port }, tiers) {
	const children = Array.from({ length: PROCESSES }, () =>
		fork(worker, [name, host, port, tiers], { execArgv: [] }),
	);
	const said = (child, kind) =>
		new Promise((resolve) => {
			child.on("message", (message) => message.kind === kind && resolve({ ...message, child }));
		});
	await Promise.all(children.map((child) => said(child, "ready")));
	return {
		children,
		said,
		async end() {
			for (const child of children) child.kill("SIGKILL");
			await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, "exit")));
		},
	};
}

/** One cold key that all callers of all processes want. */
export async function stampede(bench, server) {
	console.log(`\nloads of one cold key, ${PROCESSES} processes × 200 callers, a load takes 250 ms`);
	for (const tiers of ["redis", "both"]) {
		for (const name of Object.keys(CONTENDERS)) {
			if (await cannot(name, tiers, server)) continue;
			const { children, said, end } = await fleet(name, server, tiers);
			const answers = children.map((child) => said(child, "answered"));
			for (const child of children) child.send(`cold ${name} ${tiers}`);
			const loads = (await Promise.all(answers)).reduce((sum, { loads }) => sum + loads, 0);
			await end();
			const verdict = isOurs(name) ? `  exactly 1 ${loads === 1 ? "✓" : "✗"}` : "";
			console.log(`  ${`${name}, ${tiers}`.padEnd(38)} ${`${loads}`.padStart(4)}${verdict}`);
			keep(bench, `stampede, ${tiers}`, name, "loads", "loads", loads);
		}
	}
	await killedLoader(bench, server);
}

async function cannot(name, tiers, { host, port }) {
	const one = await CONTENDERS[name]({ host, port, tiers, load: async () => 1 });
	await one?.close();
	return one === undefined;
}

/** The process that loads is killed: when does another one load? */
async function killedLoader(bench, server) {
	for (const name of Object.keys(CONTENDERS).filter(isOurs)) {
		const { children, said, end } = await fleet(name, server, "both");
		const loading = children.map((child) => said(child, "loading"));
		for (const child of children) child.send(`slow ${name}`);
		const first = await Promise.race(loading);
		const others = loading.filter((_, n) => children[n] !== first.child);
		first.child.kill("SIGKILL");
		const killed = Number(process.hrtime.bigint()) / 1e6;
		const second = await Promise.race(others);
		await end();
		const ms = second.at - killed;
		const most = LEASE_MS + AFTER_LEASE_MS;
		console.log(
			`  ${name}: the loader killed, loaded again after ${ms.toFixed(0)} ms; at most ${most} ${ms <= most ? "✓" : "✗"}`,
		);
		keep(bench, "killed loader", name, "next load", "ms", ms);
	}
}
