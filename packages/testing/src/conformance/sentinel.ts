import assert from "node:assert/strict";
import { get, incr, set } from "@rk/client";
import { until } from "../wait.ts";
import { check, type Definition } from "./check.ts";
import { quiet } from "./expect.ts";
import { Ledger } from "./ledger.ts";
import type { Scene } from "./scene.ts";

/** Load on one port while the master changes; then the port goes on by itself, on the new one. */
async function loadWhile(scene: Scene, how: string, change: () => Promise<unknown>): Promise<void> {
	const port = await scene.open();
	const ledger = new Ledger(port, (name) => scene.spread(name));
	const key = scene.key("k");
	await port.command(set(key, "before"));
	const before = port.topology.masters()[0];
	const [events, off] = eventsOf(port);
	let over = false;
	const operators = Array.from({ length: 8 }, async () => {
		while (!over && !scene.over) await ledger.operate(30_000);
	});
	try {
		await quiet(200);
		const began = performance.now();
		await change();
		await until("a write is answered by the new master", 30_000, async () => {
			const value = `after ${performance.now()}`;
			await port.command(set(key, value), { timeoutMs: 1000 });
			return (await (await scene.sentinel().master()).command("GET", key)) === value;
		});
		scene.print(
			`sentinel failover ${how}: a write was answered after ${Math.round(performance.now() - began)} ms`,
		);
	} finally {
		over = true;
		await Promise.all(operators);
	}
	await scene.sentinel().settled();
	const { operations, done, unknown, notSent, lost } = await ledger.balance(true);
	scene.print(
		`sentinel failover ${how}: ${operations} operations, ${done} done, ${unknown} unknown, ${notSent} not sent, ${lost} acknowledged and lost`,
	);
	const after = port.topology.masters()[0];
	assert.notEqual(after, before, "the topology names the new master");
	assert.ok(events.includes("down") && events.includes("up") && events.includes("topology"), events.join());
	off();
}

function eventsOf(port: {
	on(event: "up" | "down" | "topology", listener: () => void): () => void;
}): [string[], () => void] {
	const seen: string[] = [];
	const offs = (["up", "down", "topology"] as const).map((event) => port.on(event, () => seen.push(event)));
	return [
		seen,
		() => {
			for (const off of offs) off();
		},
	];
}

export const sentinelChecks: readonly Definition[] = [
	check("the topology names the master that the Sentinels name", ["sentinel"], async (scene) => {
		const port = await scene.open();
		await port.command(get(scene.key("k")));
		const master = await scene.sentinel().master();
		assert.equal(port.topology.kind, "sentinel");
		assert.deepEqual(port.topology.masters(), [`${master.host}:${master.port}`]);
		assert.equal(port.topology.slotOf("k"), -1);
		assert.deepEqual([...(await port.everyMaster(incr(scene.key("n")))).values()], [1]);
	}),
	check(
		"when the master is killed under load the port goes on with the next; nothing runs twice or hangs",
		["sentinel"],
		(scene) =>
			loadWhile(scene, "by SIGKILL", async () => {
				const old = await scene.sentinel().master();
				await old.kill();
				await until("another is the master", 30_000, async () => (await scene.sentinel().master()) !== old);
			}),
		90_000,
	),
	check(
		"a failover on request under load runs nothing twice, and nothing hangs",
		["sentinel"],
		(scene) => loadWhile(scene, "on request", () => scene.sentinel().failover()),
		90_000,
	),
	check(
		"a subscription and sessions go on after a failover",
		["sentinel"],
		async (scene) => {
			const port = await scene.open();
			const channel = scene.spread("c");
			const heard: string[] = [];
			let gaps = 0;
			await port.subscribe({
				names: [channel],
				onMessage: (payload) => heard.push(`${payload}`),
				onGap: () => {
					gaps += 1;
				},
			});
			const key = scene.key("k");
			await port.session(key, (session) => session.command(incr(key)));
			const master = await scene.sentinel().failover();
			await until("the gap is told", 20_000, async () => gaps > 0);
			await until("a message of the new master is heard", 20_000, async () => {
				await master.command("PUBLISH", channel, "1");
				return heard.length > 0;
			});
			await until("a session writes to the new master", 20_000, async () => {
				const done = await port
					.session(key, (session) => session.command(set(key, "new")))
					.catch(() => false);
				return done && (await master.command("GET", key)) === "new";
			});
		},
		60_000,
	),
];
