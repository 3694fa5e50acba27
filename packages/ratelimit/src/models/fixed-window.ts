import type { Account, Algorithm, Operation, Standing } from "../algorithm.ts";
import { accountOf, chargeable, isQuestion, standing } from "./account.ts";

/** A count, and when it begins anew. */
export class FixedWindowAccount implements Account {
	#endsUs = 0n;
	#count = 0;

	apply(operation: Operation, nowUs: bigint, units: number, algorithm: Algorithm): Standing {
		const { limit, windowUs, align } = accountOf("fixed-window", algorithm);
		const window = BigInt(windowUs);
		const fresh = align === "clock" ? (nowUs / window + 1n) * window : nowUs + window;
		const over = this.#count === 0 || this.#endsUs <= nowUs;
		const count = over ? 0 : this.#count;
		// The clock went back, or the window was longer once: what was counted counts, but for no longer than a window.
		const cut = !over && this.#endsUs - nowUs > window;
		const endsUs = over || cut ? fresh : this.#endsUs;

		const room = Math.max(0, limit - count);
		const charged = chargeable(operation, units, room);
		const after = Math.max(0, count + charged);
		// A peek leaves all as it was, and so does a denial that had nothing to mend.
		if (operation !== "peek" && (!isQuestion(operation) || charged > 0 || cut)) {
			this.#count = after;
			this.#endsUs = endsUs;
		}
		const wanted = operation === "upto" ? 1 : units;
		const untilEnd = Number(endsUs - nowUs);
		const later = wanted <= limit ? untilEnd : null;
		return standing(operation, units, room, charged, {
			remaining: Math.max(0, limit - after),
			retryAfterUs: wanted <= limit - after ? 0 : later,
			resetAfterUs: after > 0 ? untilEnd : 0,
		});
	}

	idle(nowUs: bigint): boolean {
		return this.#count === 0 || this.#endsUs <= nowUs;
	}
}
