import type { BreakerState } from "./breaker.ts";
import type { BusListener } from "./bus.ts";
import type { WriteOperation } from "./errors.ts";
import type { Events } from "./events.ts";
import type { InFlight } from "./in-flight.ts";
import type { LeaseBells } from "./lease-bells.ts";
import type { Memory } from "./memory.ts";
import type { Message } from "./message.ts";
import type { Tags } from "./tags.ts";

export interface TrustRules {
	/** There is a bus, so that memory depends on it. */
	readonly bus: boolean;
	/** Memory is not used when the bus gave no sign of life for so long. */
	readonly silenceMs: number;
	readonly outageTtlMs: number;
}

/** Decides whether memory may answer, by what the bus and the breaker say, and does in this process what others tell. */
export class Trust implements BusListener {
	readonly #rules: TrustRules;
	readonly #sender: string;
	readonly #memory: Memory | undefined;
	readonly #tags: Tags;
	readonly #inFlight: InFlight<unknown>;
	readonly #bells: LeaseBells;
	readonly #events: Events;
	readonly #clock: () => number;
	#bus: "up" | "down" | "off";
	#outage = false;
	#closed = false;
	/** When the bus was last known to have told everything. */
	#heardUpTo = 0;

	constructor(
		rules: TrustRules,
		sender: string,
		memory: Memory | undefined,
		tags: Tags,
		inFlight: InFlight<unknown>,
		bells: LeaseBells,
		events: Events,
		clock: () => number,
	) {
		this.#rules = rules;
		this.#sender = sender;
		this.#memory = memory;
		this.#tags = tags;
		this.#inFlight = inFlight;
		this.#bells = bells;
		this.#events = events;
		this.#clock = clock;
		this.#bus = rules.bus ? "down" : "off";
		this.#decide();
	}

	get bus(): "up" | "down" | "off" {
		return this.#bus;
	}

	up(): void {
		this.#forget();
		this.#bus = "up";
		this.#heardUpTo = this.#clock();
		this.#decide();
		if (this.#events.wanted) this.#events.emit({ type: "bus", state: "up" });
	}

	down(error: unknown): void {
		this.#bus = "down";
		this.#forget();
		this.#decide();
		if (this.#events.wanted) this.#events.emit({ type: "bus", state: "down", error });
	}

	alive(sentAt: number): void {
		this.#heardUpTo = Math.max(this.#heardUpTo, sentAt);
		this.#decide();
	}

	malformed(): void {
		this.#forget();
		if (this.#events.wanted) this.#events.emit({ type: "bus-malformed" });
	}

	breaker(state: BreakerState): void {
		if (this.#events.wanted) this.#events.emit({ type: "breaker", state });
		const outage = state !== "closed";
		if (outage === this.#outage) return;
		this.#outage = outage;
		// What others did meanwhile, nobody told.
		this.#forget();
		this.#decide();
	}

	message({ kind, sender, names }: Message): void {
		const own = sender === this.#sender;
		if (kind === "ping") return;
		if (kind === "fill" || kind === "free") {
			// What was there before a fill was no longer fresh.
			if (kind === "fill" && !own) for (const key of names) this.#memory?.delete(key);
			this.#ring(names);
		} else if (!own) {
			this.#invalidated(kind, names);
			if (this.#events.wanted)
				this.#events.emit({ type: "invalidated", operation: kind, names, remote: true });
		}
	}

	#invalidated(operation: WriteOperation, names: readonly string[]): void {
		switch (operation) {
			case "set":
			case "delete":
			case "expire":
				for (const key of names) {
					this.#inFlight.cut(key);
					this.#memory?.delete(key);
				}
				this.#ring(names);
				return;
			case "invalidateTag":
			case "expireTag":
				for (const tag of names)
					this.#tags.invalidatedElsewhere(tag, operation === "expireTag" ? "soft" : "hard");
				this.#inFlight.detachAll();
				return;
			case "clear":
				this.#forget();
				return;
		}
	}

	/** Memory is not used any more. */
	close(): void {
		this.#forget();
		this.#memory?.trust(0);
		this.#closed = true;
	}

	/** Nothing that is known counts any more, nor what is under way. */
	#forget(): void {
		this.#memory?.clear();
		this.#inFlight.cutAll();
		this.#tags.distrust();
	}

	#ring(keys: readonly string[]): void {
		for (const key of keys) this.#bells.ring(key);
	}

	#decide(): void {
		if (this.#closed) return;
		if (this.#outage) this.#memory?.trust(Number.POSITIVE_INFINITY, this.#rules.outageTtlMs);
		else if (this.#bus === "off") this.#memory?.trust(Number.POSITIVE_INFINITY);
		else this.#memory?.trust(this.#bus === "up" ? this.#heardUpTo + this.#rules.silenceMs : 0);
	}
}
