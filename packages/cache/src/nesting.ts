import { AsyncLocalStorage } from "node:async_hooks";
import { ReentrantLoadError } from "./errors.ts";

/** A load that the present code runs in, and the one that that runs in. */
class Frame {
	readonly cache: object;
	readonly outer: Frame | undefined;
	/** Its loader has ended: what it started, and goes on, is no part of it. */
	over = false;
	readonly #keys: readonly string[];
	#set: ReadonlySet<string> | undefined;

	constructor(cache: object, keys: readonly string[], outer: Frame | undefined) {
		this.cache = cache;
		this.#keys = keys;
		this.outer = outer;
	}

	/** They may be a hundred thousand, and few loaders ask. */
	has(key: string): boolean {
		this.#set ??= new Set(this.#keys);
		return this.#set.has(key);
	}
}

const frames = new AsyncLocalStorage<Frame | undefined>();
/** Loaders of all caches of the process. */
let running = 0;

/** Knows which loads the present code is part of, so that none waits for itself. */
export class Nesting {
	/** The present code is part of a loader. */
	get nested(): boolean {
		for (let frame = frames.getStore(); frame !== undefined; frame = frame.outer)
			if (!frame.over) return true;
		return false;
	}

	/** Runs the loader of these keys; `detached`: nobody of those outside waits for it. */
	async run<T>(keys: readonly string[], detached: boolean, loader: () => T | PromiseLike<T>): Promise<T> {
		running += 1;
		const frame = new Frame(this, keys, detached ? undefined : frames.getStore());
		try {
			return await frames.run(frame, loader);
		} finally {
			frame.over = true;
			running -= 1;
			// As long as it is in use, every promise of the process is dearer.
			if (running === 0) frames.disable();
		}
	}

	/** An error if the key is that of a loader which the present code is part of. */
	conflict(key: string): ReentrantLoadError | undefined {
		for (let frame = frames.getStore(); frame !== undefined; frame = frame.outer)
			if (!frame.over && frame.cache === this && frame.has(key)) return new ReentrantLoadError(key);
		return undefined;
	}
}
