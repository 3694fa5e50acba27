import { now } from "./clock.ts";
import type { Access } from "./history.ts";
import type { Registered } from "./protocol.ts";

/**
 * What the locks protect: a number for each key, which a holder reads, and then writes one greater. Kept twice: one
 * register compares fences and one does not.
 *
 * A read shows its fence too, and shuts out all before it. With writes alone a holder that read before its successor and
 * wrote before it would be overwritten unseen.
 */
export class Register {
	/** In the order in which they came. */
	readonly accesses: Access[] = [];
	readonly #fenced: Map<string, { value: number; fence: bigint }> = new Map();
	readonly #unfenced: Map<string, number> = new Map();

	read(key: string, hold: string, fence: bigint | undefined): Registered {
		const cell = this.#admit(key, fence);
		const values = { fenced: cell?.value, unfenced: this.#unfenced.get(key) ?? 0 };
		this.#note(key, hold, "read", fence, values, cell !== undefined);
		return values;
	}

	write(key: string, hold: string, fence: bigint | undefined, values: Registered): Registered {
		const cell = values.fenced === undefined ? undefined : this.#admit(key, fence);
		if (cell !== undefined) cell.value = values.fenced ?? cell.value;
		this.#unfenced.set(key, values.unfenced);
		this.#note(key, hold, "write", fence, values, cell !== undefined);
		return { fenced: cell?.value, unfenced: values.unfenced };
	}

	#admit(key: string, fence: bigint | undefined): { value: number; fence: bigint } | undefined {
		if (fence === undefined) return undefined;
		const cell = this.#fenced.get(key) ?? { value: 0, fence };
		if (fence < cell.fence) return undefined;
		cell.fence = fence;
		this.#fenced.set(key, cell);
		return cell;
	}

	#note(
		key: string,
		hold: string,
		kind: Access["kind"],
		fence: bigint | undefined,
		{ fenced = 0, unfenced }: Registered,
		accepted: boolean,
	): void {
		const access = { at: now(), key, hold, kind };
		if (fence !== undefined) this.accesses.push({ ...access, fenced: true, value: fenced, accepted });
		this.accesses.push({ ...access, fenced: false, value: unfenced, accepted: true });
	}
}
