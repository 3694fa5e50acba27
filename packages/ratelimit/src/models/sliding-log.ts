import type { Account, Algorithm, Operation, Standing } from "../algorithm.ts";
import { accountOf, chargeable, standing } from "./account.ts";

/** The time of every unit in the window, oldest first. */
export class SlidingLogAccount implements Account {
	readonly #times: bigint[] = [];
	#windowUs = 0n;

	apply(operation: Operation, nowUs: bigint, units: number, algorithm: Algorithm): Standing {
		const { limit, windowUs } = accountOf("sliding-log", algorithm);
		const window = BigInt(windowUs);
		this.#windowUs = window;
		const times = this.#times;
		// What seems to come from the future, since the clock went back, is of now; and it is what was charged last.
		for (let i = times.length - 1; (times[i] ?? 0n) > nowUs; i--) times[i] = nowUs;
		const kept = times.findIndex((time) => time > nowUs - window);
		times.splice(0, kept < 0 ? times.length : kept);

		const room = Math.max(0, limit - times.length);
		const charged = chargeable(operation, units, room);
		if (charged < 0) times.splice(Math.max(0, times.length + charged));
		for (let i = 0; i < charged; i++) times.push(nowUs);

		const wanted = operation === "upto" ? 1 : units;
		const inTheWay = times[times.length + wanted - limit - 1];
		const newest = times.at(-1);
		let retryAfterUs: number | null = null;
		if (wanted <= limit) retryAfterUs = inTheWay === undefined ? 0 : Number(inTheWay + window - nowUs);
		return standing(operation, units, room, charged, {
			remaining: Math.max(0, limit - times.length),
			retryAfterUs,
			resetAfterUs: newest === undefined ? 0 : Number(newest + window - nowUs),
		});
	}

	idle(nowUs: bigint): boolean {
		return this.#times.every((time) => time <= nowUs - this.#windowUs);
	}
}
