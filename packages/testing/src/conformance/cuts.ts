import assert from "node:assert/strict";
import { get, set } from "@rk/client";
import { check, type Definition, EVERYWHERE } from "./check.ts";
import { Ledger } from "./ledger.ts";
import { randomFrom } from "./random.ts";
import type { Scene } from "./scene.ts";

/** Operations and reads under way at once; the next wave begins when all have settled. */
const WAVE = 40;
const KNOWN = 16;
const FAREST_BYTES = 500;

/** A mixed load, while the connection to a master is cut again and again at some byte of its replies. */
async function cutAtRandom(scene: Scene, cuts: number, seed: number): Promise<void> {
	const port = await scene.open();
	const random = randomFrom(seed);
	const ledger = new Ledger(port, (name) => scene.spread(name));
	const known = Array.from({ length: KNOWN }, (_, i) => scene.spread(`known${i}`));
	await Promise.all(known.map((key) => port.command(set(key, key))));
	let cutting = true;
	let misread = 0;
	const read = async (key: string): Promise<void> => {
		const value = await port.command(get(key)).catch(() => key);
		if (value !== key) misread += 1;
	};
	const load = async (): Promise<void> => {
		while (cutting && !scene.over) {
			// Half of them with a deadline, which takes another way through the port.
			const wave = Array.from({ length: WAVE }, (_, i) => ledger.operate(i % 2 === 0 ? undefined : 30_000));
			await Promise.all([...wave, ...known.map(read)]);
		}
	};
	const loaded = load();
	for (let cut = 0; cut < cuts && !scene.over; cut++) {
		const masters = await scene.masters();
		const proxy = masters[random(masters.length)]?.proxy;
		// Else the cut falls into the handshake after the one before.
		if (random(4) > 0) await port.command(get(scene.spread("known0"))).catch(() => {});
		await Promise.race([proxy?.cutAfterReplyBytes(1 + random(FAREST_BYTES)), loaded]);
		for (const each of scene.proxies) each.forget();
	}
	cutting = false;
	await Promise.all(scene.proxies.map((proxy) => proxy.heal()));
	await loaded;
	assert.equal(misread, 0, "replies that belong to other commands");
	const { operations, done, unknown, notSent } = await ledger.balance(false);
	scene.print(
		`${scene.kind}: ${cuts} cuts (seed ${seed}), ${operations} operations: ${done} done, ${unknown} unknown, ${notSent} not sent; none ran twice`,
	);
	assert.ok(unknown > 0, "the cuts hit something");
}

/** Red when broken, each in turn, in the ioredis adapter: the guard against sending again taken off; not-sent for unknown. */
export function cutChecks(cuts: number, seed: number): readonly Definition[] {
	return [
		check(
			`with replies cut ${cuts} times at random nothing runs twice, and every outcome is true`,
			EVERYWHERE,
			(scene) => cutAtRandom(scene, cuts, seed),
			60_000 + cuts * 1000,
		),
	];
}
