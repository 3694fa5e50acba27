import assert from "node:assert/strict";
import { blpop, get, incr, type RedisPort } from "@rk/client";
import { until } from "../wait.ts";
import { check, type Definition, EVERYWHERE } from "./check.ts";
import { failed, failure, outcomeOf, quiet } from "./expect.ts";
import { SHARED_WAYS } from "./ways.ts";

const CLOSED_UNSENT = { code: "RK_CLOSED", outcome: "not-sent" } as const;
const CLOSED_UNKNOWN = { code: "RK_CLOSED", outcome: "unknown" } as const;

/** Every verb, on a port that is closed. */
async function refusesAll(port: RedisPort, key: string): Promise<void> {
	await failure(port.command(incr(key)), CLOSED_UNSENT);
	await failure(port.command(incr(key), { timeoutMs: 1000 }), CLOSED_UNSENT);
	for (const result of await port.batch([incr(key), incr(key)])) failed(result, CLOSED_UNSENT);
	await failure(port.transaction([incr(key)]), CLOSED_UNSENT);
	await failure(
		port.session(key, async () => 1),
		CLOSED_UNSENT,
	);
	await failure(port.subscribe({ names: ["c"], onMessage: () => {} }), CLOSED_UNSENT);
	await failure(
		port.trackPrefixes({ prefixes: ["p"], onInvalidate: () => {}, onGap: () => {} }),
		CLOSED_UNSENT,
	);
}

export const endingChecks: readonly Definition[] = [
	check(
		"after close() every verb is refused as not sent, and close() may be called again",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			const key = scene.key("k");
			await port.command(get(key));
			await port.close();
			await refusesAll(port, key);
			await port.close();
			await port[Symbol.asyncDispose]();
			assert.equal((await port.health(100)).ok, false);
			assert.equal(scene.count("INCR"), 0);
		},
	),
	...SHARED_WAYS.map((way) =>
		check(`close() waits for the reply of ${way.name}`, EVERYWHERE, async (scene) => {
			const port = await scene.open();
			const key = scene.key("k");
			await way.run(port, scene.key("warm-up"));
			(await scene.proxyOf(key)).delay(150);
			const running = [way.run(port, key), way.run(port, key, { timeoutMs: 10_000 })];
			const closing = port.close({ graceMs: 10_000 });
			await failure(port.command(incr(key)), CLOSED_UNSENT);
			assert.deepEqual((await Promise.all(running)).toSorted(), [1, 2]);
			await closing;
		}),
	),
	// Red when broken: with a link that abandons nothing, commands without a deadline never settled.
	...SHARED_WAYS.map((way) =>
		check(
			`close() does not wait longer than its grace for ${way.name}, which is unknown`,
			EVERYWHERE,
			async (scene) => {
				const port = await scene.open();
				const key = scene.key("k");
				await way.run(port, scene.key("warm-up"));
				for (const each of scene.proxies) each.forget();
				const proxy = await scene.proxyOf(key);
				proxy.blackHole("replies");
				const running = [way.run(port, key), way.run(port, key, { timeoutMs: 20_000 })];
				const settled = Promise.all(running.map((each) => failure(each, CLOSED_UNKNOWN)));
				settled.catch(() => {}); // looked at below
				await until("both were sent", 5000, async () => proxy.count(way.carrier) >= 2);
				await port.close({ graceMs: 50 });
				await settled;
				assert.equal(await scene.value(key), "2");
			},
		),
	),
	...SHARED_WAYS.map((way) =>
		check(
			`close() ends the wait of ${way.name} for a connection, and it is never sent`,
			EVERYWHERE,
			async (scene) => {
				const port = await scene.open();
				const key = scene.key("k");
				await way.run(port, scene.key("warm-up"));
				for (const each of scene.proxies) each.forget();
				await scene.goDown(port, key);
				const running = [way.run(port, key), way.run(port, key, { timeoutMs: 20_000 })];
				const settled = Promise.all(running.map((each) => failure(each, CLOSED_UNSENT)));
				settled.catch(() => {});
				await quiet(20);
				await port.close({ graceMs: 50 });
				await settled;
				await scene.comeUp();
				await quiet(300);
				assert.equal(await scene.value(key), null);
			},
		),
	),
	check("close() ends sessions, blocking ones too, and whoever waits for one", EVERYWHERE, async (scene) => {
		const port = await scene.open({ sessions: { max: 1, acquireTimeoutMs: 20_000 } });
		const key = scene.key("k");
		const blocked = port.session(key, (session) => session.command(blpop(scene.key("l"), 20_000)));
		const settled = blocked.then(
			() => assert.fail("it blocks"),
			(error: unknown) => assert.equal(outcomeOf(error), "unknown"),
		);
		settled.catch(() => {});
		await until("it blocks", 5000, async () => scene.count("BLPOP") === 1);
		const waiting = failure(
			port.session(key, async () => 1),
			CLOSED_UNSENT,
		);
		await quiet(20);
		await port.close({ graceMs: 50 });
		await settled;
		await waiting;
	}),
	check(
		"close() ends a session's work that holds its connection, and what it tries after",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			const key = scene.key("k");
			let go: () => void = () => {};
			const gate = new Promise<void>((resolve) => {
				go = resolve;
			});
			let began: () => void = () => {};
			const begun = new Promise<void>((resolve) => {
				began = resolve;
			});
			const work = port.session(key, async (session) => {
				await session.command(get(key));
				began();
				await gate;
				return session.command(incr(key));
			});
			const settled = work.then(
				() => assert.fail("its connection is gone"),
				(error: unknown) => assert.equal(outcomeOf(error), "not-sent"),
			);
			settled.catch(() => {});
			await begun;
			await port.close({ graceMs: 50 });
			go();
			await settled;
			assert.equal(await scene.value(key), null);
		},
	),
	check(
		"close() ends subscriptions and tracking, their callbacks, and those being made",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			const channel = scene.spread("channel");
			const heard: string[] = [];
			const subscription = await port.subscribe({
				names: [channel],
				onMessage: (payload) => heard.push(`${payload}`),
			});
			const tracking = await port.trackPrefixes({
				prefixes: [scene.spread("")],
				onInvalidate: () => heard.push("invalidated"),
				onGap: () => heard.push("gap"),
			});
			const making = port.subscribe({ names: [scene.spread("other")], onMessage: () => {} }).then(
				(made) => assert.equal(made.closed, true),
				(error: unknown) => assert.ok(error instanceof Error),
			);
			await port.close();
			await making;
			assert.equal(subscription.closed, true);
			assert.equal(tracking.closed, true);
			const [server] = await scene.masters();
			assert.deepEqual(await server?.command("PUBSUB", "NUMSUB", channel), [channel, 0]);
			await server?.command("PUBLISH", channel, "late");
			await quiet();
			assert.deepEqual(heard, []);
			await subscription.close();
			await tracking.close();
		},
	),
	check("close() ends a scan that goes on", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		await port.batch(Array.from({ length: 50 }, (_, i) => incr(scene.spread(`k${i}`))));
		const scanned = (async () => {
			for await (const _ of port.scan({ count: 1 })) await port.close({ graceMs: 50 });
		})();
		await failure(scanned, CLOSED_UNSENT);
	}),
	check("what is closed while nobody is reached is closed at once", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const key = scene.key("k");
		const subscription = await port.subscribe({ names: [scene.spread("c")], onMessage: () => {} });
		await scene.goDown(port, key);
		await port.close({ graceMs: 50 });
		assert.equal(subscription.closed, true);
		await refusesAll(port, key);
	}),
];
