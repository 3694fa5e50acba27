import type { Account, Algorithm, Operation, Standing } from "../algorithm.ts";
import type { SlidingCounter } from "../sliding-counter.ts";
import { accountOf, chargeable, isQuestion, standing } from "./account.ts";

/** Counts by the number of their bucket since 1970. */
type Counts = ReadonlyMap<bigint, number>;

/** Units that count at that instant. */
function usedAt({ buckets, widthUs, bound }: SlidingCounter, counts: Counts, atUs: bigint): number {
	const width = BigInt(widthUs);
	const current = atUs / width;
	let used = 0;
	for (const [bucket, count] of counts) {
		const age = current - bucket;
		const whole = age < BigInt(buckets) || (age === BigInt(buckets) && bound === "hard");
		if (whole) used += count;
		else if (age === BigInt(buckets)) used += Number((BigInt(count) * (width - (atUs % width))) / width);
	}
	return used;
}

/** When no more than so many units count: use only falls, so that halving finds it. */
function waitUs(counter: SlidingCounter, counts: Counts, most: number, nowUs: bigint): number {
	let low = 0n;
	let high = BigInt(counter.widthUs) * BigInt(counter.buckets + 2);
	while (low < high) {
		const middle = (low + high) / 2n;
		if (usedAt(counter, counts, nowUs + middle) <= most) high = middle;
		else low = middle + 1n;
	}
	return Number(low);
}

/** Counts in buckets. */
export class SlidingCounterAccount implements Account {
	#counts: Counts = new Map();
	#counter: SlidingCounter | undefined;

	apply(operation: Operation, nowUs: bigint, units: number, algorithm: Algorithm): Standing {
		const counter = accountOf("sliding-counter", algorithm);
		const { limit } = counter;
		const current = nowUs / BigInt(counter.widthUs);
		const [counts, mended] = this.#asOf(current, counter);

		const room = Math.max(0, limit - usedAt(counter, counts, nowUs));
		const charged = chargeable(operation, units, room);
		if (charged > 0) counts.set(current, (counts.get(current) ?? 0) + charged);
		let toGive = Math.max(0, -charged);
		for (let bucket = current; bucket >= current - BigInt(counter.buckets); bucket--) {
			const count = counts.get(bucket) ?? 0;
			const given = Math.min(count, toGive);
			if (given > 0) counts.set(bucket, count - given);
			toGive -= given;
		}
		// A peek leaves all as it was, and so does a denial that had nothing to mend.
		if (operation !== "peek" && (!isQuestion(operation) || charged !== 0 || mended)) {
			const any = [...counts.values()].some((count) => count > 0);
			this.#counts = any ? counts.set(current, counts.get(current) ?? 0) : new Map();
			this.#counter = counter;
		}

		const wanted = operation === "upto" ? 1 : units;
		return standing(operation, units, room, charged, {
			remaining: Math.max(0, limit - usedAt(counter, counts, nowUs)),
			retryAfterUs: wanted <= limit ? waitUs(counter, counts, limit - wanted, nowUs) : null,
			resetAfterUs: waitUs(counter, counts, 0, nowUs),
		});
	}

	/** The counts by the buckets of this counter, in this one and before. True if the clock or the buckets had to be mended. */
	#asOf(current: bigint, counter: SlidingCounter): [counts: Map<bigint, number>, mended: boolean] {
		const counts = new Map<bigint, number>();
		if (this.#counter !== undefined && this.#counter.widthUs !== counter.widthUs) {
			const all = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
			return [counts.set(current, all), all > 0];
		}
		// After the clock went back, the newest bucket is the current one, and the others follow it as they did.
		const newest = [...this.#counts.keys()].reduce((a, b) => (a > b ? a : b), current);
		for (const [bucket, count] of this.#counts) {
			const moved = bucket - (newest - current);
			if (moved >= current - BigInt(counter.buckets)) counts.set(moved, count);
		}
		return [counts, newest > current];
	}

	idle(nowUs: bigint): boolean {
		return this.#counter === undefined || usedAt(this.#counter, this.#counts, nowUs) === 0;
	}
}
