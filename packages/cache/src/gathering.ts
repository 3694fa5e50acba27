import { AbortedError, onAbort } from "@rk/client";
import type { Call } from "./call-options.ts";
import { CHUNK, chunksOf } from "./chunks.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Entry } from "./entry.ts";
import { LoadTimeoutError } from "./errors.ts";
import type { Flight, Owner } from "./flight.ts";
import { patienceLeft } from "./patience.ts";

/** What a caller gets of a key. */
interface Found {
	take(): unknown;
}

/**
 * What one call for many keys has of each so far, and the loads that it waits for: with one promise, one deadline and one listener for all
 * of them, since they may be a hundred thousand.
 */
export class Gathering implements Owner {
	/** Aborts the loader when the caller has given up, and nobody else waits for any of its keys. */
	readonly controller: AbortController = new AbortController();
	readonly #call: Call;
	readonly #deadlines: Deadlines;
	readonly #clock: () => number;
	readonly #found = new Map<string, Found | Error>();
	readonly #flights: Flight[] = [];
	readonly #all: Promise<void>;
	#resolve: () => void = () => {};
	#reject: (error: unknown) => void = () => {};
	readonly #disarm: Array<() => void> = [];
	/** Keys that are waited for, and one more until all keys were looked at. */
	#left = 1;
	#over = false;

	constructor(call: Call, deadlines: Deadlines, clock: () => number) {
		this.#call = call;
		this.#deadlines = deadlines;
		this.#clock = clock;
		this.#all = new Promise((resolve, reject) => {
			this.#resolve = resolve;
			this.#reject = reject;
		});
		this.#all.catch(() => {}); // the caller hears of it when all keys were looked at
		const { signal } = call;
		if (signal !== undefined) this.#disarm.push(onAbort(signal, () => void this.#aborted(signal.reason)));
	}

	/** The caller has his answer: it is an error. */
	get over(): boolean {
		return this.#over;
	}

	has(key: string): boolean {
		return this.#found.has(key);
	}

	put(key: string, found: Found): void {
		this.#found.set(key, found);
	}

	/** Waits for somebody else's load. */
	join(key: string, value: Promise<unknown>): void {
		this.#left += 1;
		this.#found.set(key, NOTHING);
		value.then(
			(own) => this.#settle(key, { take: () => own }),
			(error: unknown) => this.#fail(key, error),
		);
	}

	/** Waits for a load of its own. */
	add(flight: Flight): void {
		this.#left += 1;
		this.#found.set(flight.key, NOTHING);
		this.#flights.push(flight);
	}

	settled({ key }: Flight, entry: Entry): void {
		this.#settle(key, entry);
	}

	failed({ key }: Flight, error: unknown): void {
		this.#fail(key, error);
	}

	/** All keys were looked at: from now on the caller may be out of patience. In the order of the keys. */
	async values(keys: readonly string[]): Promise<unknown[]> {
		const { softTimeoutMs, hardTimeoutMs } = this.#call.policy;
		const late = this.#flights.some((flight) => flight.late !== undefined);
		if (late && softTimeoutMs < hardTimeoutMs) this.#after(softTimeoutMs, "soft");
		this.#after(hardTimeoutMs, "hard");
		this.#end();
		await this.#all;
		const values: unknown[] = [];
		for await (const chunk of chunksOf(keys, CHUNK)) {
			for (const key of chunk) {
				const found = this.#found.get(key);
				values.push(found instanceof Error ? found : found?.take());
			}
		}
		return values;
	}

	#after(ms: number, timeout: "soft" | "hard"): void {
		const left = patienceLeft(ms, this.#call, this.#clock);
		this.#disarm.push(this.#deadlines.add(left, () => void this.#impatient(timeout)));
	}

	#settle(key: string, found: Found): void {
		this.#found.set(key, found);
		this.#end();
	}

	#fail(key: string, error: unknown): void {
		if (this.#call.errors === "return" && error instanceof Error) {
			this.#found.set(key, error);
			this.#end();
		} else this.#refuse(error);
	}

	#end(): void {
		this.#left -= 1;
		if (this.#left > 0) return;
		this.#disarmAll();
		this.#resolve();
	}

	/** What is under way goes on. */
	#refuse(error: unknown): void {
		this.#over = true;
		this.#disarmAll();
		this.#reject(error);
	}

	#disarmAll(): void {
		for (const disarm of this.#disarm.splice(0)) disarm();
	}

	/** Those who can have a stale value get it; after the hard timeout the others fail. */
	async #impatient(timeout: "soft" | "hard"): Promise<void> {
		const { hardTimeoutMs } = this.#call.policy;
		for await (const chunk of chunksOf(this.#flights, CHUNK)) {
			for (const flight of chunk) {
				const { key, late, owned } = flight;
				if (!owned) continue;
				const fallback = late?.isFallback(this.#clock()) ? late : undefined;
				if (fallback === undefined && timeout === "soft") continue;
				flight.disown(true);
				if (fallback !== undefined) this.#settle(key, fallback);
				else if (!this.#over) this.#fail(key, new LoadTimeoutError(key, hardTimeoutMs, "load"));
			}
		}
	}

	async #aborted(reason: unknown): Promise<void> {
		this.#refuse(new AbortedError(reason, "not-sent"));
		for await (const chunk of chunksOf(this.#flights, CHUNK))
			for (const flight of chunk) if (flight.owned) flight.disown(false);
		if (this.#flights.every((flight) => flight.abandoned)) this.controller.abort(reason);
	}
}

/** Until it is known. */
const NOTHING: Found = Object.freeze({ take: () => undefined });
