import { InvalidArgumentError } from "@rk/client";
import type { LoadContext } from "./cache.ts";
import { checkTexts } from "./names.ts";
import { checkTtl } from "./policy.ts";

/** What a loader said of its value. */
export interface Said {
	/** Instead of the call's. */
	readonly ttlMs: number | undefined;
	/** It is not to be cached. */
	readonly skipped: boolean;
	readonly tags: ReadonlySet<string>;
}

/** What one run of a loader is told, and what it said. Its functions may be taken off it. */
export class LoaderContext implements LoadContext {
	readonly key: string;
	readonly #signal: () => AbortSignal;
	readonly #stale: () => unknown;
	#ttlMs: number | undefined;
	#skipped = false;
	readonly #tags = new Set<string>();
	#over = false;

	constructor(key: string, signal: () => AbortSignal, stale: () => unknown) {
		this.key = key;
		this.#signal = signal;
		this.#stale = stale;
	}

	get signal(): AbortSignal {
		return this.#signal();
	}

	get stale(): unknown {
		return this.#stale();
	}

	readonly ttlMs = (ms: number): void => {
		this.#requireRunning("ttlMs");
		checkTtl("ttlMs", ms);
		this.#ttlMs = ms;
	};

	readonly tags = (...tags: readonly string[]): void => {
		this.#requireRunning("tags");
		checkTexts("tags", tags);
		for (const tag of tags) this.#tags.add(tag);
	};

	readonly skip = (): void => {
		this.#requireRunning("skip");
		this.#skipped = true;
	};

	/** To be called when the loader has ended. */
	said(): Said {
		this.#over = true;
		return { ttlMs: this.#ttlMs, skipped: this.#skipped, tags: this.#tags };
	}

	/** Said too late, it would be lost in silence. */
	#requireRunning(what: string): void {
		if (this.#over)
			throw new InvalidArgumentError(`context.${what}`, this.key, "called before the loader ends");
	}
}
