import assert from "node:assert/strict";
import { flushdb, get, mset, type RedisPort, set, slotOf } from "@rk/client";
import { until } from "../wait.ts";
import { check, type Definition, EVERYWHERE } from "./check.ts";
import { failure, quiet } from "./expect.ts";
import type { Scene } from "./scene.ts";

/** What a tracking subscription told. */
class Watcher {
	readonly keys: string[] = [];
	flushes = 0;
	gaps = 0;

	readonly onInvalidate = (keys: readonly Buffer[] | null): void => {
		if (keys === null) this.flushes += 1;
		else this.keys.push(...keys.map(String));
	};

	readonly onGap = (): void => {
		this.gaps += 1;
	};

	async sees(...keys: readonly string[]): Promise<void> {
		await until(`${keys.join(", ")} invalidated`, 5000, async () =>
			keys.every((key) => this.keys.includes(key)),
		);
	}
}

/** How many connections of each master track, with which prefixes; as `CLIENT LIST` flags them. */
async function trackers(scene: Scene): Promise<number[]> {
	return Promise.all(
		(await scene.masters()).map(async (server) => {
			const clients = `${await server.command("CLIENT", "LIST")}`.split("\n");
			return clients.filter((client) => / flags=[^ ]*B/.test(client)).length;
		}),
	);
}

function track(port: RedisPort, scene: Scene, watcher: Watcher, ...names: readonly string[]) {
	const prefixes = names.map((name) => scene.spread(name));
	return port.trackPrefixes({ prefixes, onInvalidate: watcher.onInvalidate, onGap: watcher.onGap });
}

/** Keys of a prefix that between them are on every master. */
function keysOf(scene: Scene, prefix: string): string[] {
	return Array.from({ length: 24 }, (_, i) => scene.spread(`${prefix}${i}`));
}

export const trackingChecks: readonly Definition[] = [
	check(
		"every key with one of the prefixes is told when it is written, on every master, and no other",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			const watcher = new Watcher();
			const tracking = await track(port, scene, watcher, "a:", "b:");
			assert.deepEqual(
				await trackers(scene),
				(await scene.masters()).map(() => 1),
				"confirmed before it resolves",
			);
			const wanted = [...keysOf(scene, "a:"), ...keysOf(scene, "b:")];
			const others = keysOf(scene, "c:");
			await port.batch([...others, ...wanted].map((key) => set(key, "v")));
			await watcher.sees(...wanted);
			assert.deepEqual(
				watcher.keys.filter((key) => others.includes(key)),
				[],
			);
			assert.equal(watcher.gaps, 0);
			await tracking.close();
			assert.equal(tracking.closed, true);
			await until("nobody tracks", 5000, async () => (await trackers(scene)).every((count) => count === 0));
			watcher.keys.length = 0;
			await port.batch(wanted.map((key) => set(key, "w")));
			await quiet();
			assert.deepEqual(watcher.keys, []);
		},
	),
	check("keys come whole, as bytes, several written together too", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const seen: Buffer[] = [];
		const prefix = scene.key("");
		const keys = ["a,b", "c d", "\r\n", "ž"].map((name) => `${prefix}${name}`);
		const binary = Buffer.concat([Buffer.from(prefix), Buffer.from([0xff, 0, 0x80])]);
		await port.trackPrefixes({
			prefixes: [prefix],
			onInvalidate: (some) => seen.push(...(some ?? [])),
			onGap: () => {},
		});
		await port.command(mset([...keys.map((key) => [key, "v"] as const), [binary, "v"]]));
		await until("all came", 5000, async () => seen.length >= keys.length + 1);
		const expected = [...keys.map((key) => Buffer.from(key)), binary].toSorted(Buffer.compare);
		assert.deepEqual(seen.toSorted(Buffer.compare), expected);
	}),
	check("a flush is told as null", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const watcher = new Watcher();
		await track(port, scene, watcher, "a:");
		await port.everyMaster(flushdb());
		await until("it is told", 5000, async () => watcher.flushes > 0);
	}),
	check(
		"after a drop tracking is on again, with its prefixes, and the gap is told once",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			const watcher = new Watcher();
			await track(port, scene, watcher, "a:", "b:");
			const masters = (await scene.masters()).length;
			for (let drop = 1; drop <= 2; drop++) {
				await scene.dropSubscribers();
				await until("the gaps are told", 10_000, async () => watcher.gaps >= drop * masters);
				assert.deepEqual(
					await trackers(scene),
					(await scene.masters()).map(() => 1),
				);
				watcher.keys.length = 0;
				await port.batch([...keysOf(scene, "a:"), ...keysOf(scene, "c:")].map((key) => set(key, `${drop}`)));
				await watcher.sees(...keysOf(scene, "a:"));
				assert.deepEqual(
					watcher.keys.filter((key) => key.startsWith(scene.spread("c:"))),
					[],
				);
			}
			await quiet();
			assert.equal(watcher.gaps, 2 * masters, "one gap for each connection lost");
		},
	),
	check("what the tracking of one port sees, that of another does too", EVERYWHERE, async (scene) => {
		const [one, two] = [new Watcher(), new Watcher()];
		const first = await scene.open();
		await track(first, scene, one, "a:");
		const other = await track(first, scene, two, "a:");
		await first.command(set(scene.spread("a:1"), "v"));
		await Promise.all([one.sees(scene.spread("a:1")), two.sees(scene.spread("a:1"))]);
		await other.close();
		await first.command(set(scene.spread("a:2"), "v"));
		await one.sees(scene.spread("a:2"));
		assert.ok(!two.keys.includes(scene.spread("a:2")));
	}),
	check(
		"prefixes that overlap, and none at all, are refused before anything is sent",
		EVERYWHERE,
		async (scene) => {
			const port = await scene.open();
			for (const prefixes of [[], ["a", "a:b"], ["x", "x"], ["", "a"]]) {
				const attempt = port.trackPrefixes({ prefixes, onInvalidate: () => {}, onGap: () => {} });
				await failure(attempt, { code: "RK_INVALID_ARGUMENT" });
			}
			assert.equal(
				scene.count(([, verb = ""]) => /^tracking$/i.test(verb)),
				0,
			);
		},
	),
	check("a signal ends tracking, and a deadline its beginning", EVERYWHERE, async (scene) => {
		const port = await scene.open();
		const controller = new AbortController();
		const request = { prefixes: [scene.spread("")], onInvalidate: () => {}, onGap: () => {} };
		const tracking = await port.trackPrefixes({ ...request, signal: controller.signal });
		controller.abort();
		assert.equal(tracking.closed, true);
		await until("nobody tracks", 5000, async () => (await trackers(scene)).every((count) => count === 0));
		for (const proxy of scene.proxies) proxy.blackHole("replies");
		await failure(port.trackPrefixes({ ...request, timeoutMs: 80 }), { code: "RK_TIMEOUT" });
	}),
	check(
		"a new master is tracked, after a gap",
		["cluster"],
		async (scene) => {
			const port = await scene.open();
			const cluster = scene.cluster();
			const watcher = new Watcher();
			const key = scene.spread("a:1");
			await track(port, scene, watcher, "a:");
			await cluster.failover(slotOf(key));
			await until("the gap is told", 20_000, async () => {
				await port.command(get(key)).catch(() => {}); // what shows a client that the slots moved
				return watcher.gaps > 0;
			});
			await until("writes on the new master are told", 20_000, async () => {
				await port.command(set(key, "v"));
				return watcher.keys.includes(key);
			});
			await until("every master is tracked", 20_000, async () =>
				(await trackers(scene)).every((count) => count >= 1),
			);
		},
		60_000,
	),
	check(
		"after a failover the new master is tracked, after a gap",
		["sentinel"],
		async (scene) => {
			const port = await scene.open();
			const watcher = new Watcher();
			await track(port, scene, watcher, "a:");
			await scene.sentinel().failover();
			await until("the gap is told", 20_000, async () => watcher.gaps > 0);
			const key = scene.spread("a:1");
			await until("writes on the new master are told", 20_000, async () => {
				await port.command(set(key, "v"), { timeoutMs: 2000 });
				return watcher.keys.includes(key);
			});
		},
		60_000,
	),
];
