import { setTimeout as delay } from "node:timers/promises";

/** Two clients pass the lock to and fro: the times from each release to the other's grant, in milliseconds. */
export async function handOffs([first, second], key, turns) {
	const times = [];
	let [holder, waiter] = [first, second];
	let release = await holder.acquire(key);
	for (let turn = 0; turn < turns; turn++) {
		const granted = waiter.acquire(key).then((next) => ({ next, at: performance.now() }));
		await delay(3 + 4 * Math.random()); // so that the other one has settled down to wait
		const began = performance.now();
		await release();
		const { next, at } = await granted;
		times.push(at - began);
		[holder, waiter, release] = [waiter, holder, next];
	}
	await release();
	return times.sort((a, b) => a - b);
}

/** All clients want the lock all the time, and hold it for `holdMs`. */
export async function crowd(clients, key, { holdMs, durationMs }) {
	const until = performance.now() + durationMs;
	const counts = clients.map(() => 0);
	const waits = [];
	const one = async (client, i) => {
		while (performance.now() < until) {
			const began = performance.now();
			const release = await client.acquire(key);
			if (performance.now() < until) {
				counts[i] += 1;
				waits.push(performance.now() - began);
				await delay(holdMs);
			}
			await release();
		}
	};
	await Promise.all(clients.map(one));
	return {
		total: waits.length,
		fewest: Math.min(...counts),
		most: Math.max(...counts),
		waits: waits.sort((a, b) => a - b),
	};
}

export const percentile = (sorted, share) =>
	sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
